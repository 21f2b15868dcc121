"""The trail on a page of the admin site: found by person, kind, subject and period, told in words."""

from datetime import timedelta

import pytest
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.services import people, roles
from backend.events.models import Event

PATH = "/admin/events/event/"
PHONE, OTHER_PHONE = "13800138000", "13900139000"


@pytest.fixture
def customer(api, cast) -> str:
    made = api(cast.li).post("/customers", {"name": "老张茶行", "phone": PHONE}).json()
    api(cast.li).patch(f"/customers/{made['id']}", {"version": 1, "phone": OTHER_PHONE, "level": "A"})
    return made["id"]


@pytest.fixture
def admin(cast) -> Client:
    return signed_in(cast.qian)


def signed_in(employee) -> Client:
    client = Client()
    client.force_login(employee)
    return client


def page(client, address="", language="zh-hans", **query) -> str:
    reply = client.get(PATH + address, query, headers={"Accept-Language": language})
    assert reply.status_code == 200, (reply.status_code, reply.headers)
    return reply.content.decode()


def test_a_change_is_told_in_words_and_both_languages(admin, cast, customer):
    listed = page(admin)
    assert "客户：修改" in listed
    assert "客户 老张茶行" in listed
    (event,) = Event.objects.filter(name="customer.changed")
    told = page(admin, f"{event.pk}/change/")
    for word in ("变更前", "变更后", "电话", PHONE, OTHER_PHONE, "李雷", "127.0.0.1"):
        assert word in told
    assert "{&quot;" not in told
    assert "customer: changed" in page(admin, f"{event.pk}/change/", language="en")
    (made,) = Event.objects.filter(name="department.created", subject_id=cast.shanghai.pk)
    assert f"/admin/directory/department/{cast.shanghai.pk}/change/" in page(admin, f"{made.pk}/change/")


def test_found_by_person_kind_subject_and_period(admin, cast, customer):
    now = clock.now().astimezone()
    today, yesterday = str(now.date()), str(now.date() - timedelta(days=1))
    for query, found in (
        ({"person": "1002"}, True),
        ({"person": "李雷"}, True),
        ({"person": "1001"}, False),
        ({"person": "孙丽"}, False),
        ({"behalf": "1002"}, False),
        ({"family": "customer"}, True),
        ({"family": "order"}, False),
        ({"since": yesterday}, True),
        ({"until": str(now.date() - timedelta(days=2))}, False),
        ({"since": "tomorrow"}, False),
        ({"q": customer}, True),
        ({"q": "127.0.0.1"}, True),
        ({"q": "10.9.9.9"}, False),
        ({"q": PHONE}, True),
        ({"q": PHONE, "person": "1001"}, False),
        ({"q": "nothing like it"}, False),
        ({"person": "1002", "family": "customer", "since": yesterday, "q": OTHER_PHONE}, True),
    ):
        assert ("客户：修改" in page(admin, **query)) == found, query
    assert today


def test_fields_that_are_not_for_him_are_struck_out_and_find_nothing(cast, customer):
    system, at = Actor.system(cast.company.pk), clock.now()
    sights = {"capabilities": ["audit.read"], "scopes": {}, "fields": [], "is_staff": True}
    roles.put_role(actor=system, code="auditor", name="审计", version=0, at=at, **sights)
    roles.assign_roles(actor=system, employee_id=cast.wang.pk, role_codes=["auditor"], at=at)
    auditor = signed_in(cast.wang)
    (event,) = Event.objects.filter(name="customer.changed")
    told = page(auditor, f"{event.pk}/change/")
    assert "（无权查看）" in told
    assert PHONE not in told
    assert OTHER_PHONE not in told
    assert "客户：修改" not in page(auditor, q=PHONE)
    assert "客户：修改" in page(auditor, person="李雷")


def test_another_companys_trail_is_out_of_sight(cast, customer):
    boss = people.put_employee(
        actor=Actor.system(cast.acme.pk),
        number="9",
        name="周总",
        department_id=cast.sun.department_id,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    stranger = signed_in(boss)
    (event,) = Event.objects.filter(name="customer.changed")
    for query in ({}, {"q": customer}, {"person": "李雷"}, {"family": "customer"}):
        assert "老张茶行" not in page(stranger, **query)
    assert stranger.get(f"{PATH}{event.pk}/change/").status_code == 302


def test_as_many_queries_for_a_full_page_as_for_one_row(admin, cast, django_assert_max_num_queries):
    page(admin)
    known = Event.objects.filter(company=cast.company).first()
    for number in (1, 40):
        for _ in range(number):
            Event.objects.create(
                company=cast.company,
                name="department.changed",
                subject_type="directory.department",
                subject_id=known.subject_id,
                actor=cast.li,
                data={"before": {"leader": str(cast.han.pk)}, "after": {"leader": str(cast.li.pk)}},
            )
        with django_assert_max_num_queries(14):
            assert "韩梅梅" not in page(admin, family="department")


def test_who_only_reads_the_trail_retries_nothing(cast):
    from backend.events.models import Delivery

    system, at = Actor.system(cast.company.pk), clock.now()
    sights = {"capabilities": ["audit.read"], "scopes": {}, "fields": [], "is_staff": True}
    roles.put_role(actor=system, code="auditor", name="审计", version=0, at=at, **sights)
    roles.assign_roles(actor=system, employee_id=cast.wang.pk, role_codes=["auditor"], at=at)
    event = Event.objects.filter(company=cast.company).first()
    dead = Delivery.objects.create(company=cast.company, event=event, consumer="x", status="dead", due_at=at)
    form = {"action": "retry", "_selected_action": [str(dead.pk)]}
    signed_in(cast.wang).post("/admin/events/delivery/", form)
    dead.refresh_from_db()
    assert dead.status == "dead"
