"""The admin site: Chinese, one company, written through services."""

import pytest
from django.test import Client

from backend.catalog.models import Product
from backend.core import clock
from backend.directory.models import Department, Employee
from backend.erp.services.systems import put_system
from backend.events.models import Delivery, Event
from backend.wechat.models import App
from tests.support.cast import PASSWORD


@pytest.fixture
def admin(cast) -> Client:
    client = Client()
    client.force_login(cast.qian)
    return client


PAGES = [
    "/admin/",
    "/admin/directory/department/",
    "/admin/directory/department/add/",
    "/admin/directory/employee/",
    "/admin/directory/employee/add/",
    "/admin/directory/directoryimport/",
    "/admin/directory/directoryimport/add/",
    "/admin/directory/role/",
    "/admin/directory/role/add/",
    "/admin/directory/company/",
    "/admin/directory/session/",
    "/admin/directory/device/",
    "/admin/directory/identity/",
    "/admin/directory/handover/",
    "/admin/directory/handoveritem/",
    "/admin/directory/delegation/",
    "/admin/directory/loginrecord/",
    "/admin/directory/loginrestriction/",
    "/admin/directory/loginrestriction/add/",
    "/admin/events/event/",
    "/admin/events/delivery/",
    "/admin/catalog/product/",
    "/admin/catalog/product/add/",
    "/admin/visits/visitpolicy/add/",
    "/admin/visits/consenttext/",
    "/admin/visits/consenttext/add/",
    "/admin/visits/consent/",
    "/admin/visits/visitcadence/",
    "/admin/visits/visitcadence/add/",
    "/admin/visits/visittemplate/",
    "/admin/visits/visittemplate/add/",
    "/admin/visits/templateversion/",
    "/admin/visits/planseries/",
    "/admin/visits/plansubstitution/",
    "/admin/notifications/notification/",
    "/admin/notifications/message/",
    "/admin/files/filejob/",
    "/admin/exports/export/",
    "/admin/customers/customerimport/",
    "/admin/customers/dictionaryentry/",
    "/admin/customers/dictionaryentry/add/",
    "/admin/wechat/app/",
    "/admin/wechat/app/add/",
    "/admin/erp/erpsystem/",
    "/admin/erp/outbox/",
    "/admin/erp/inboxmessage/",
    "/admin/erp/importfile/",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_administrator_sees_it_in_chinese(admin, path):
    reply = admin.get(path)
    assert reply.status_code == 200
    assert "外勤" in reply.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_rep_does_not_get_in(cast, path):
    client = Client()
    client.force_login(cast.li)
    assert client.get(path).status_code in {302, 403}


def test_signing_in_by_company_code_and_number(cast):
    reply = Client().post("/admin/login/?next=/admin/", {"username": "waiqin/1005", "password": PASSWORD})
    assert reply.status_code == 302
    assert reply.headers["Location"] == "/admin/"


def test_it_speaks_english_on_request(admin):
    reply = admin.get("/admin/directory/department/add/", headers={"Accept-Language": "en"})
    assert "Code" in reply.content.decode()


def test_other_companies_are_out_of_sight(admin, cast):
    listed = admin.get("/admin/directory/employee/").content.decode()
    assert "李雷" in listed
    assert "孙丽" not in listed
    assert admin.get(f"/admin/directory/employee/{cast.sun.pk}/change/").status_code == 302


def test_a_department_is_made_by_the_service(admin, cast):
    admin.post(
        "/admin/directory/department/add/",
        {"code": "south", "name": "华南区", "parent": str(cast.east.pk), "position": "0"},
    )
    south = Department.objects.get(company=cast.company, code="south")
    assert Event.objects.get(name="department.created", subject_id=south.pk).actor == cast.qian


def test_a_parent_of_another_company_cannot_be_chosen(admin, cast):
    foreign = Department.objects.get(company=cast.acme, code="root")
    admin.post(
        "/admin/directory/department/add/",
        {"code": "south", "name": "华南区", "parent": str(foreign.pk), "position": "0"},
    )
    assert not Department.objects.filter(code="south").exists()


def test_an_employee_is_hired_with_a_password_he_must_change(admin, cast):
    rep = cast.li.roles.get()
    form = {
        "number": "2001",
        "name": "周舟",
        "department": str(cast.north.pk),
        "assigned_roles": [str(rep.pk)],
        "new_password": "a-good-long-one",
    }
    reply = admin.post("/admin/directory/employee/add/", form)
    assert reply.status_code == 302, reply.content.decode()
    zhou = Employee.objects.get(login="waiqin/2001")
    assert zhou.check_password("a-good-long-one")
    assert zhou.must_change_password
    assert list(zhou.roles.all()) == [rep]


def test_a_service_that_refuses_is_heard(admin, cast):
    form = {
        "name": "韩梅梅",
        "department": str(cast.east.pk),
        "manager": str(cast.li.pk),
        "assigned_roles": [str(cast.han.roles.get().pk)],
    }
    reply = admin.post(f"/admin/directory/employee/{cast.han.pk}/change/", form, follow=True)
    assert "上下级关系不能成环" in reply.content.decode()
    cast.han.refresh_from_db()
    assert cast.han.manager is None


def test_a_dead_delivery_is_tried_again(admin, cast):
    event = Event.objects.filter(company=cast.company).first()
    dead = Delivery.objects.create(
        company=cast.company, event=event, consumer="notifications", status="dead", attempts=12, due_at=clock.now()
    )
    admin.post("/admin/events/delivery/", {"action": "retry", "_selected_action": [str(dead.pk)]})
    dead.refresh_from_db()
    assert (dead.status, dead.attempts) == ("pending", 0)


def test_events_cannot_be_written(admin, cast):
    event = Event.objects.filter(company=cast.company).first()
    assert admin.get("/admin/events/event/add/").status_code == 403
    assert admin.post(f"/admin/events/event/{event.pk}/change/", {"name": "forged"}).status_code == 403
    assert admin.post(f"/admin/events/event/{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_product_is_made_with_its_barcodes_and_changed(admin, cast):
    form = {
        "code": "T1",
        "name": "铁观音",
        "unit": "盒",
        "list_price": "12.50",
        "currency": "CNY",
        "tax_rate": "0.13",
        "is_active": "on",
        "barcode_list": "6901234567892\n",
    }
    assert admin.post("/admin/catalog/product/add/", form).status_code == 302
    product = Product.objects.get(company=cast.company, code="T1")
    assert product.barcodes.count() == 1
    reply = admin.post(
        f"/admin/catalog/product/{product.pk}/change/", form | {"barcode_list": "6901234567890"}, follow=True
    )
    assert "校验" in reply.content.decode()
    assert product.barcodes.get().code.endswith("6901234567892")


def test_the_secret_of_a_wecom_app_is_kept_and_not_shown(admin, cast):
    form = {"kind": "wecom_app", "platform_id": "ww1", "agent_id": "1000002", "new_secret": "s3cr3t-of-ours"}
    admin.post("/admin/wechat/app/add/", form)
    app = App.objects.get(company=cast.company)
    assert app.secret == "s3cr3t-of-ours"
    assert "s3cr3t-of-ours" not in admin.get(f"/admin/wechat/app/{app.pk}/change/").content.decode()


def test_an_erp_is_paused_and_resumed(admin, cast):
    system = put_system(actor=cast.actor(cast.qian), code="k3", name="金蝶", at=clock.now())
    chosen = {"_selected_action": [str(system.pk)]}
    admin.post("/admin/erp/erpsystem/", {"action": "pause", **chosen})
    system.refresh_from_db()
    assert system.paused_reason == "管理员暂停"
    admin.post("/admin/erp/erpsystem/", {"action": "resume", **chosen})
    system.refresh_from_db()
    assert system.paused_at is None
