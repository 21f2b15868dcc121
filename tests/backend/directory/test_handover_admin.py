"""From an employee's page: choose, look, confirm, and take back."""

from uuid import uuid4

import pytest
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Delegation, Handover, RoleAssignment
from backend.directory.services import people
from backend.directory.services.roles import put_role
from tests.support.delegations import delegated
from tests.support.expenses import a_customer
from tests.support.handovers import handed_over, hire


@pytest.fixture
def admin(cast) -> Client:
    client = Client()
    client.force_login(cast.qian)
    return client


def page(employee) -> str:
    return f"/admin/directory/employee/{employee.pk}/handover/"


def test_the_employees_page_leads_there(admin, cast):
    assert page(cast.li) in admin.get(f"/admin/directory/employee/{cast.li.pk}/change/").content.decode()
    shown = admin.get(page(cast.li)).content.decode()
    assert "工作移交：李雷" in shown
    assert "孙丽" not in shown
    assert "Successor" in admin.get(page(cast.li), headers={"Accept-Language": "en"}).content.decode()


def test_choose_look_and_confirm(admin, cast):
    customer, he = a_customer(cast.li), hire(cast, "3002", "何伟")
    form = {"id": str(uuid4()), "successor": str(he.pk), "kinds": ["customers", "tasks"], "reason": "离职"}
    shown = admin.post(page(cast.li), form | {"look": "1"}).content.decode()
    assert "老张茶行" in shown
    assert "此人仍在职" in shown
    assert not Handover.objects.exists()
    for _ in range(2):  # a second click
        reply = admin.post(page(cast.li), form | {"confirm": "1"})
        assert reply.status_code == 302, reply.content.decode()
    made = Handover.objects.get()
    assert (str(made.pk), made.counts, made.created_by) == (form["id"], {"customers": 1}, cast.qian)
    customer.refresh_from_db()
    assert customer.owner == he
    shown = admin.get(reply.headers["Location"]).content.decode()
    assert "客户 1" in shown


def test_a_refusal_is_heard_and_nothing_moves(admin, cast):
    form = {"id": str(uuid4()), "successor": str(cast.sun.pk), "kinds": ["customers"], "confirm": "1"}
    assert admin.post(page(cast.li), form).status_code == 200
    assert admin.post(page(cast.sun), form).status_code == 404
    handed_over(cast.qian, cast.li, cast.han, id=form["id"])
    again = admin.post(page(cast.li), form | {"successor": str(cast.zhao.pk)})
    assert "该编号已用于另一份内容" in again.content.decode()
    assert Handover.objects.count() == 1


def test_undo_asks_first(admin, cast):
    customer = a_customer(cast.li)
    made = handed_over(cast.qian, cast.li, cast.han)
    path = f"/admin/directory/handover/{made.pk}/undo/"
    assert "撤销移交：李雷" in admin.get(path).content.decode()
    customer.refresh_from_db()
    assert customer.owner == cast.han
    assert admin.post(path).status_code == 302
    customer.refresh_from_db()
    assert customer.owner == cast.li


def test_a_delegation_is_ended(admin, cast):
    made = delegated(cast.han, cast.wang)
    admin.post("/admin/directory/delegation/", {"action": "end", "_selected_action": [str(made.pk)]})
    assert Delegation.objects.get().end_reason == "ended"


def test_another_companys_are_out_of_sight(admin, cast):
    a_customer(cast.li)
    made = handed_over(cast.qian, cast.li, cast.han)
    delegated(cast.han, cast.wang)
    boss = people.put_employee(
        actor=Actor.system(cast.acme.pk),
        number="9",
        name="周总",
        department_id=cast.sun.department_id,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    stranger = Client()
    stranger.force_login(boss)
    for name in ("handover", "handoveritem", "delegation"):
        for client, seen in ((admin, True), (stranger, False)):
            assert ("韩梅梅" in client.get(f"/admin/directory/{name}/").content.decode()) == seen, name
    assert stranger.post(f"/admin/directory/handover/{made.pk}/undo/").status_code == 404


def test_who_may_not_hand_over_gets_no_page(cast):
    clerk = put_role(
        actor=cast.actor(cast.qian),
        code="clerk",
        name="人事",
        capabilities=["directory.manage"],
        scopes={},
        is_staff=True,
        at=cast.qian.created_at,
    )
    RoleAssignment.objects.create(company=cast.company, employee=cast.wang, role=clerk)
    client = Client()
    client.force_login(cast.wang)
    assert client.get(page(cast.li)).status_code == 403
