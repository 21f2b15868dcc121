"""Which WeChat and WeCom account is whose."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Identity, Session
from backend.directory.services import bindings, people
from backend.events.models import Event
from tests.mobile_api.test_doors import bind, phone, platform, platform_process  # noqa: F401  # fixtures
from tests.support.cast import PASSWORD
from tests.support.client import Caller
from tests.support.doors import CORP_ID, MINI, PHONE, Phone, code_of


def log_in(device="phone-1", number="1002", **more):
    body = {"company": "waiqin", "number": number, "password": PASSWORD, "device": {"id": device}}
    return Caller(None).post("/auth/password", body | more)


@pytest.fixture
def ticket(phone) -> str:  # noqa: F811
    """WeChat has proved an account that stands for nobody."""
    reply = phone.wechat(phone.mini_code())
    assert code_of(reply) == (403, "identity_not_bound")
    assert reply.json()["expires_in"] == 600
    return reply.json()["ticket"]


def give_phone(employee, number):
    type(employee).objects.filter(pk=employee.pk).update(phone=number)


def test_with_the_password(phone, ticket):  # noqa: F811
    assert log_in(binding_ticket=ticket).status_code == 200
    assert phone.wechat(phone.mini_code()).status_code == 200
    identity = Identity.objects.get()
    assert (identity.how, identity.tenant, identity.employee.name) == ("confirmed", MINI, "李雷")
    assert Event.objects.filter(name="employee.identity_bound").count() == 1


def test_by_who_is_signed_in_on_the_same_device(cast, phone, ticket):  # noqa: F811
    li = Caller(log_in().json()["access_token"])
    for _ in range(2):
        assert li.post("/auth/bind", {"ticket": ticket}).status_code == 200
    items = li.get("/auth/bindings").json()["items"]
    assert [(item["provider"], item["tenant"], item["how"]) for item in items] == [("wechat", MINI, "confirmed")]


def test_a_ticket_is_good_on_its_device_and_for_ten_minutes(phone, ticket):  # noqa: F811
    elsewhere = Caller(log_in("tablet").json()["access_token"])
    assert code_of(elsewhere.post("/auth/bind", {"ticket": ticket})) == (422, "binding_ticket_refused")
    assert code_of(log_in("tablet", binding_ticket=ticket)) == (422, "binding_ticket_refused")
    assert code_of(log_in(binding_ticket=ticket[:-2] + "xx")) == (422, "binding_ticket_refused")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert code_of(log_in(binding_ticket=ticket)) == (422, "binding_ticket_refused")
    assert not Identity.objects.exists()


def test_a_ticket_without_the_password_is_worth_nothing(phone, ticket):  # noqa: F811
    assert code_of(log_in(binding_ticket=ticket, password="wrong")) == (401, "bad_credentials")
    assert not Identity.objects.exists()


def test_a_ticket_of_one_company_binds_nobody_of_another(phone, ticket):  # noqa: F811
    assert log_in(binding_ticket=ticket, company="acme").status_code == 404
    assert not Identity.objects.exists()


def test_with_a_code_while_signed_in(cast, phone):  # noqa: F811
    li = Caller(log_in().json()["access_token"])
    code = phone.mini_code()
    for _ in range(2):
        assert li.post("/auth/bind", {"door": "wechat", "code": code}).json()["provider"] == "wechat"
    brought = phone.authorize()
    body = {"door": "wecom", "verifier": phone.verifier} | brought
    assert li.post("/auth/bind", body).status_code == 200
    assert Identity.objects.filter(employee=cast.li).count() == 2
    assert li.post("/auth/bind", {}).status_code == 422
    assert li.post("/auth/bind", {"door": "wechat"}).status_code == 422


@pytest.mark.parametrize("app", ["no-such-app", "-1", "9" * 64])
@pytest.mark.parametrize("door", ["wechat", "wecom", "wecom_mini_program"])
def test_an_app_that_we_have_not_is_not_found(cast, phone, door, app):  # noqa: F811
    li = Caller(log_in().json()["access_token"])
    page = {"state": "a" * 106, "verifier": "v" * 43} if door == "wecom" else {}
    assert code_of(li.post("/auth/bind", {"door": door, "code": "c" * 20, "app": app} | page)) == (404, "not_found")
    assert not Identity.objects.exists()


def test_one_account_stands_for_one_person(cast, phone, ticket):  # noqa: F811
    log_in(binding_ticket=ticket)
    han = Caller(log_in("phone-1", "1001").json()["access_token"])
    assert code_of(han.post("/auth/bind", {"door": "wechat", "code": phone.mini_code()})) == (409, "identity_taken")
    li = Caller(log_in().json()["access_token"])
    other = {"door": "wechat", "code": phone.mini_code("韩梅梅")}
    assert code_of(li.post("/auth/bind", other)) == (409, "already_bound")
    assert Identity.objects.get().employee == cast.li


@pytest.mark.parametrize("written", [PHONE, f"+86 {PHONE}", f"0086-{PHONE}", "138 0000 0002"])
def test_by_the_verified_phone_number(cast, phone, ticket, written):  # noqa: F811
    give_phone(cast.li, written)
    code = phone.phone_code()
    first, again = phone.wechat_phone(ticket, code), phone.wechat_phone(ticket, code)
    assert first.status_code == 200, first.content
    assert first.json()["session_id"] == again.json()["session_id"]
    assert Identity.objects.get().how == "phone"
    assert phone.wechat(phone.mini_code()).status_code == 200


def test_a_number_of_nobody_of_two_or_of_a_leaver_binds_nobody(cast, phone, ticket):  # noqa: F811
    give_phone(cast.sun, PHONE)  # of another company
    assert code_of(phone.wechat_phone(ticket, phone.phone_code())) == (403, "phone_unknown")
    give_phone(cast.li, PHONE)
    give_phone(cast.zhao, PHONE)
    assert code_of(phone.wechat_phone(ticket, phone.phone_code())) == (403, "phone_unknown")
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.zhao.pk, at=clock.now())
    assert code_of(phone.wechat_phone(ticket, phone.phone_code())) == (403, "phone_unknown")
    assert not Identity.objects.exists()
    assert not Session.objects.exists()


def test_wecom_binds_by_the_number_a_member_agrees_to_show(cast, phone):  # noqa: F811
    give_phone(cast.li, PHONE)
    assert code_of(phone.wecom(phone.authorize())) == (403, "identity_not_bound")
    assert phone.wecom(phone.authorize(scope="private")).status_code == 200
    assert Identity.objects.get().how == "phone"


def test_a_number_that_cannot_be_had_leaves_binding_by_hand(cast, phone):  # noqa: F811
    give_phone(cast.li, PHONE)
    phone.platform.faults({"path": "/cgi-bin/auth/getuserdetail", "errcode": 84014, "count": None})
    assert code_of(phone.wecom(phone.authorize(scope="private"))) == (403, "identity_not_bound")


def test_unbinding_shuts_that_door_and_ends_what_came_through_it(cast, phone, ticket):  # noqa: F811
    li = Caller(log_in(binding_ticket=ticket).json()["access_token"])
    through = Caller(phone.wechat(phone.mini_code()).json()["access_token"])
    for _ in range(2):
        assert li.delete("/auth/bindings/wechat").status_code == 204
    assert through.get("/me").json()["code"] == "session_revoked"
    assert li.get("/me").status_code == 200
    assert code_of(phone.wechat(phone.mini_code())) == (403, "identity_not_bound")
    assert Event.objects.filter(name="employee.identity_unbound").count() == 1
    assert li.delete("/auth/bindings/unknown").status_code == 422


def test_nobody_shuts_his_last_door(cast, phone, ticket):  # noqa: F811
    li = Caller(log_in(binding_ticket=ticket).json()["access_token"])
    cast.li.refresh_from_db()
    cast.li.set_unusable_password()
    cast.li.save(update_fields=["password"])
    assert code_of(li.delete("/auth/bindings/wechat")) == (409, "last_door")
    bind(cast.li, "wecom", "LiLei")
    assert li.delete("/auth/bindings/wechat").status_code == 204


def test_strangers_see_and_unbind_nothing_of_it(api, cast, phone, ticket):  # noqa: F811
    log_in(binding_ticket=ticket)
    for stranger in (cast.zhao, cast.han, cast.sun):
        assert api(stranger).get("/auth/bindings").json()["items"] == []
        assert api(stranger).delete("/auth/bindings/wechat").status_code == 204
    assert Identity.objects.count() == 1


def test_an_administrator_unbinds(cast, phone, ticket):  # noqa: F811
    log_in(binding_ticket=ticket)
    admin = Client()
    admin.force_login(cast.qian)
    chosen = {"action": "unbind", "_selected_action": [str(Identity.objects.get().pk)]}
    admin.post("/admin/directory/identity/", chosen)
    assert not Identity.objects.exists()


def test_ids_of_wecom_ignore_case_and_openids_do_not(cast):
    bind(cast.li, "wecom", "LiLei")
    with pytest.raises(bindings.IdentityTaken):
        bind(cast.han, "wecom", "LILEI")
    bind(cast.li, "wechat", "oAbC")
    bind(cast.han, "wechat", "oabc")
    assert Identity.objects.filter(tenant=CORP_ID).count() == 1
    assert Identity.objects.filter(tenant=MINI).count() == 2


def test_the_ticket_names_nobody_and_another_phone_has_another(phone, ticket):  # noqa: F811
    other = Phone(phone.platform, id="phone-2")
    assert other.wechat(other.mini_code()).json()["ticket"] != ticket
    assert "sub" not in phone.wechat(phone.mini_code()).json()
