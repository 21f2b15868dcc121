"""From where, when and on which devices a role may sign in."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client, override_settings

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import LoginRecord, LoginRestriction, Role, Session
from backend.directory.services import people, restrictions
from backend.events.models import Event
from tests.support.cast import PASSWORD
from tests.support.client import Caller

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
"""Wednesday, twelve in Shanghai."""
ANYTIME = {"networks": [], "weekdays": [], "begins": None, "ends": None, "devices": "any"}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=True), override_settings(TRUSTED_PROXIES=1):
        yield


def restrict(cast, role="rep", *, actor=None, **changes):
    return restrictions.put_restriction(
        actor=actor or Actor.system(cast.company.pk),
        role_id=Role.objects.get(company=cast.company, code=role).pk,
        at=clock.now(),
        **(ANYTIME | changes),
    )


def log_in(number="1002", address="10.1.2.3", device="phone-1"):
    body = {"company": "waiqin", "number": number, "password": PASSWORD, "device": {"id": device, "name": "小米"}}
    return Caller(None).post("/auth/password", body, **{"X-Forwarded-For": address})


def refresh(signed_in, address="10.1.2.3"):
    body = {"refresh_token": signed_in["refresh_token"], "device_id": "phone-1"}
    return Caller(None).post("/auth/refresh", body, **{"X-Forwarded-For": address})


def code(reply):
    return reply.status_code, reply.json()["code"]


def test_only_from_the_named_networks(cast):
    restrict(cast, networks=["10.0.0.0/8", "2001:db8::/32"])
    assert log_in().status_code == 200
    assert log_in(address="2001:db8::7").status_code == 200
    assert log_in(address="::ffff:10.9.9.9").status_code == 200
    assert code(log_in(address="203.0.113.9")) == (403, "login_address_refused")
    assert code(log_in(address="nonsense")) == (403, "login_address_refused")
    assert log_in(number="1001", address="203.0.113.9").status_code == 200, "Han has another role"
    assert Session.objects.filter(employee=cast.li).count() == 3
    assert LoginRecord.objects.filter(employee=cast.li, reason="login_address_refused").count() == 2


def test_a_wrong_password_is_not_told_of_restrictions(cast):
    restrict(cast, networks=["10.0.0.0/8"])
    body = {"company": "waiqin", "number": "1002", "password": "wrong", "device": {"id": "x"}}
    assert code(Caller(None).post("/auth/password", body, **{"X-Forwarded-For": "203.0.113.9"})) == (
        401,
        "bad_credentials",
    )


def test_a_session_goes_on_only_within_the_network_and_returns_with_it(cast):
    signed_in = log_in().json()
    restrict(cast, networks=["10.0.0.0/8"])
    assert code(refresh(signed_in, address="203.0.113.9")) == (403, "login_address_refused")
    assert refresh(signed_in).status_code == 200, "the token was not spent"


@pytest.mark.parametrize(
    ("shanghai", "allowed"), [("08:59", False), ("09:00", True), ("17:59", True), ("18:00", False)]
)
def test_only_at_the_hours_of_the_company(cast, shanghai, allowed):
    restrict(cast, begins=time(9), ends=time(18))
    signed_in = log_in().json()
    at = datetime.fromisoformat(f"2026-11-25T{shanghai}:00+08:00")
    if at < NOON:
        at += timedelta(days=1)
    with time_machine.travel(at):
        expected = 200 if allowed else 403
        assert log_in().status_code == expected
        assert refresh(signed_in).status_code == expected


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-11-27T23:00", True),  # Friday night
        ("2026-11-28T05:00", True),  # still the night of Friday
        ("2026-11-28T07:00", False),
        ("2026-11-28T23:00", False),  # Saturday night
        ("2026-11-30T05:00", False),  # the night of Sunday
    ],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_began(cast, moment, allowed):
    restrict(cast, begins=time(22), ends=time(6), weekdays=[1, 2, 3, 4, 5])
    with time_machine.travel(datetime.fromisoformat(f"{moment}:00+08:00")):
        assert log_in().status_code == (200 if allowed else 403)


def test_who_holds_several_roles_must_satisfy_all(cast):
    people.put_employee(
        actor=Actor.system(cast.company.pk),
        number="1002",
        name="李雷",
        department_id=cast.shanghai.pk,
        manager_id=cast.han.pk,
        role_codes=["rep", "finance"],
        at=clock.now(),
    )
    restrict(cast, "finance", networks=["192.168.0.0/16"])
    assert code(log_in()) == (403, "login_address_refused")
    assert log_in(address="192.168.1.1").status_code == 200


def test_registered_devices_only(cast):
    old = log_in().json()
    restrict(cast, devices="registered")
    assert log_in().status_code == 200, "known before the rule"
    assert refresh(old).status_code == 200
    assert code(log_in(device="phone-2")) == (403, "device_not_registered")
    admin = Client()
    admin.force_login(cast.qian)
    waiting = cast.li.devices.get(device_id="phone-2")
    assert code(Caller(old["access_token"]).post(f"/auth/devices/{waiting.pk}/approve")) == (
        403,
        "device_not_registered",
    )
    admin.post("/admin/directory/device/", {"action": "approve", "_selected_action": [str(waiting.pk)]})
    assert log_in(device="phone-2").status_code == 200


def test_the_last_administrator_is_never_shut_out(cast):
    restrict(cast, "administrator", networks=["192.0.2.1"], begins=time(3), ends=time(4), devices="registered")
    assert log_in(number="1005").status_code == 200
    people.put_employee(
        actor=Actor.system(cast.company.pk),
        number="1009",
        name="陈二",
        department_id=cast.east.pk,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    assert code(log_in(number="1005")) == (403, "login_address_refused")


def test_an_administrator_cannot_shut_himself_out(cast):
    people.put_employee(
        actor=Actor.system(cast.company.pk),
        number="1009",
        name="陈二",
        department_id=cast.east.pk,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    admin = Client()
    admin.force_login(cast.qian)
    role = Role.objects.get(company=cast.company, code="administrator")
    form = {"role": str(role.pk), "networks": "192.0.2.0/24", "devices": "any"}
    page = "/admin/directory/loginrestriction/add/"
    answer = admin.post(page, form, follow=True, headers={"X-Forwarded-For": "10.1.2.3"})
    assert "无法登录" in answer.content.decode()
    assert not LoginRestriction.objects.exists()
    assert not Event.objects.filter(name="role.login_restricted").exists()
    admin.post(page, form | {"networks": "192.0.2.0/24\n10.0.0.0/8"}, headers={"X-Forwarded-For": "10.1.2.3"})
    assert LoginRestriction.objects.get().networks == ["192.0.2.0/24", "10.0.0.0/8"]
    assert Event.objects.get(name="role.login_restricted").data["after"]["networks"] == ["192.0.2.0/24", "10.0.0.0/8"]


def test_the_admin_site_is_a_door_too(cast):
    people.put_employee(
        actor=Actor.system(cast.company.pk),
        number="1009",
        name="陈二",
        department_id=cast.east.pk,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    restrict(cast, "administrator", networks=["10.0.0.0/8"], devices="registered")

    def enter(address, password=PASSWORD):
        form = {"username": "waiqin/1005", "password": password}
        return Client().post("/admin/login/?next=/admin/", form, headers={"X-Forwarded-For": address})

    refused = enter("203.0.113.9")
    assert (refused.status_code, refused.cookies.get("sessionid")) == (403, None)
    assert "网络" in refused.content.decode()
    assert enter("10.1.2.3", "wrong").status_code == 200
    assert enter("10.1.2.3").status_code == 302
    kept = LoginRecord.objects.filter(employee=cast.qian, door="admin").order_by("id")
    assert list(kept.values_list("outcome", "reason")) == [
        ("refused", "login_address_refused"),
        ("refused", "wrong_password"),
        ("succeeded", ""),
    ]


def test_the_operator_lifts_what_shuts_everybody_out(cast, capsys):
    restrict(cast, networks=["192.0.2.1"])
    call_command("lift_login_restrictions", "waiqin")
    assert capsys.readouterr().out.split() == ["rep"]
    assert log_in().status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"networks": ["10.0.0.1/8"]},
        {"networks": ["everywhere"]},
        {"weekdays": [0]},
        {"begins": time(9)},
        {"begins": time(9), "ends": time(9)},
        {"devices": "mine"},
    ],
    ids=str,
)
def test_a_rule_that_means_nothing_is_refused(cast, wrong):
    with pytest.raises(restrictions.Invalid):
        restrict(cast, **wrong)


def test_nobody_restricts_another_company(cast):
    with pytest.raises(restrictions.NotFound):
        restrictions.put_restriction(
            actor=Actor.system(cast.acme.pk),
            role_id=Role.objects.get(company=cast.company, code="rep").pk,
            at=clock.now(),
            **ANYTIME,
        )
    with pytest.raises(restrictions.Forbidden):
        restrict(cast, actor=cast.actor(cast.han))
