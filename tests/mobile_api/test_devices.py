"""A new device signs in only after a trusted one, or an administrator, has approved it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Device, PendingSignIn, Role, Session
from backend.directory.services import people, restrictions
from backend.events.models import Delivery, Event
from notifications import services
from notifications.models import Message, Notification
from tests.support.cast import PASSWORD
from tests.support.client import Caller


def log_in(device, number="1002"):
    body = {"company": "waiqin", "number": number, "password": PASSWORD, "device": {"id": device, "name": device}}
    return Caller(None).post("/auth/password", body)


def ask(ticket, device):
    return Caller(None).post("/auth/device-approval", {"ticket": ticket, "device_id": device})


def code(reply):
    return reply.status_code, reply.json()["code"]


@pytest.fixture
def phone(cast) -> Caller:
    """Li's phone, trusted before his role asked for approval."""
    phone = Caller(log_in("phone").json()["access_token"])
    restrictions.put_restriction(
        actor=Actor.system(cast.company.pk),
        role_id=Role.objects.get(company=cast.company, code="rep").pk,
        networks=[],
        weekdays=[],
        begins=None,
        ends=None,
        devices="approved",
        at=clock.now(),
    )
    return phone


@pytest.fixture
def waiting(phone) -> dict:
    reply = log_in("tablet")
    assert code(reply) == (403, "device_approval_required")
    return reply.json()


def device_of(caller, name):
    return next(item for item in caller.get("/auth/devices").json()["items"] if item["name"] == name)


def test_a_device_is_known_from_its_first_sign_in(api, cast):
    phone = Caller(log_in("phone").json()["access_token"])
    (item,) = phone.get("/auth/devices").json()["items"]
    assert (item["name"], item["status"]) == ("phone", "trusted")


def test_the_trusted_phone_approves_the_tablet(phone, waiting):
    assert code(ask(waiting["ticket"], "tablet")) == (403, "device_approval_required")
    assert Session.objects.count() == 1
    tablet = device_of(phone, "tablet")
    assert tablet["status"] == "waiting"
    assert phone.post(f"/auth/devices/{tablet['id']}/approve").json()["status"] == "trusted"
    assert phone.post(f"/auth/devices/{tablet['id']}/approve").status_code == 200
    signed_in = ask(waiting["ticket"], "tablet")
    assert signed_in.status_code == 200
    assert Caller(signed_in.json()["access_token"]).get("/me").json()["name"] == "李雷"
    assert log_in("tablet").status_code == 200, "from now on it is trusted"
    assert Event.objects.filter(name="device.approved").count() == 1


def test_a_lost_reply_gives_the_same_session_and_a_later_ask_none(phone, waiting):
    phone.post(f"/auth/devices/{device_of(phone, 'tablet')['id']}/approve")
    first, again = ask(waiting["ticket"], "tablet").json(), ask(waiting["ticket"], "tablet").json()
    assert first["session_id"] == again["session_id"]
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert code(ask(waiting["ticket"], "tablet")) == (401, "approval_ended")


def test_the_ticket_opens_nothing_elsewhere_later_or_after_a_newer_one(phone, waiting):
    newer = log_in("tablet").json()
    phone.post(f"/auth/devices/{device_of(phone, 'tablet')['id']}/approve")
    assert code(ask(waiting["ticket"], "tablet")) == (401, "approval_ended")
    assert code(ask(newer["ticket"], "thief")) == (401, "approval_ended")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert code(ask(newer["ticket"], "tablet")) == (401, "approval_ended")
    assert ask(newer["ticket"], "tablet").status_code == 200


def test_refused_by_the_owner(phone, waiting):
    tablet = device_of(phone, "tablet")["id"]
    assert phone.delete(f"/auth/devices/{tablet}").status_code == 204
    assert phone.delete(f"/auth/devices/{tablet}").status_code == 204
    assert code(ask(waiting["ticket"], "tablet")) == (403, "device_refused")
    assert [item["name"] for item in phone.get("/auth/devices").json()["items"]] == ["phone"]


def test_a_dismissed_person_does_not_enter_with_an_approved_device(cast, phone, waiting):
    phone.post(f"/auth/devices/{device_of(phone, 'tablet')['id']}/approve")
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
    assert code(ask(waiting["ticket"], "tablet")) == (401, "bad_credentials")


def test_colleagues_and_other_companies_neither_see_nor_approve_it(api, cast, phone, waiting):
    tablet = device_of(phone, "tablet")["id"]
    for stranger in (cast.zhao, cast.han, cast.sun):
        assert api(stranger).post(f"/auth/devices/{tablet}/approve").status_code == 404
        assert api(stranger).delete(f"/auth/devices/{tablet}").status_code == 404
    assert Device.objects.get(pk=tablet).status == "waiting"


def test_an_administrator_approves_in_the_admin_site(cast, waiting):
    admin = Client()
    admin.force_login(cast.qian)
    tablet = Device.objects.get(device_id="tablet")
    admin.post("/admin/directory/device/", {"action": "approve", "_selected_action": [str(tablet.pk)]})
    assert ask(waiting["ticket"], "tablet").status_code == 200
    tablet.refresh_from_db()
    assert tablet.decided_by == cast.qian


def test_a_session_on_an_untrusted_device_approves_nothing(cast, phone, waiting):
    Device.objects.filter(device_id="phone").update(status="waiting")
    assert code(phone.post(f"/auth/devices/{Device.objects.get(device_id='tablet').pk}/approve")) == (
        403,
        "untrusted_device",
    )


def test_revoking_a_lost_phone_ends_its_sessions_at_once(cast, phone, waiting):
    tablet = device_of(phone, "tablet")["id"]
    phone.post(f"/auth/devices/{tablet}/approve")
    other = Caller(ask(waiting["ticket"], "tablet").json()["access_token"])
    assert other.delete(f"/auth/devices/{device_of(other, 'phone')['id']}").status_code == 204
    assert phone.get("/me").json()["code"] == "session_revoked"
    assert other.get("/me").status_code == 200
    assert code(log_in("phone")) == (403, "device_approval_required")


def test_waiting_devices_do_not_pile_up(cast, phone):
    for n in range(15):
        log_in(f"tablet-{n}")
    assert Device.objects.filter(status="waiting").count() == 10
    assert PendingSignIn.objects.count() == 10
    assert Device.objects.filter(status="waiting", device_id="tablet-14").exists()


class TestWhoIsTold:
    def told(self):
        rows = Notification.objects.filter(kind="device.approval_requested").order_by("recipient__number")
        return [(row.recipient.name, row.title, row.read_at is not None) for row in rows]

    def test_the_owner_where_he_can_approve_it_himself(self, cast, waiting, work):
        work()
        assert self.told() == [("李雷", "李雷的新设备等待批准：tablet", False)]
        assert Event.objects.get(name="device.approval_requested").actor is None

    def test_an_administrator_too_where_he_cannot(self, cast, waiting, work):
        Device.objects.filter(device_id="phone").update(status="revoked")
        work()
        assert [name for name, *_ in self.told()] == ["李雷", "钱进"]

    def test_nobody_once_it_is_decided_or_too_late(self, phone, waiting, work):
        with time_machine.travel(clock.now() + timedelta(minutes=11)):
            work()
        assert self.told() == []
        log_in("tablet")
        phone.post(f"/auth/devices/{device_of(phone, 'tablet')['id']}/approve")
        work()
        assert self.told() == []

    @pytest.mark.parametrize("verb", ["approve", "refuse"])
    def test_a_decision_answers_what_was_told_and_stops_what_is_on_its_way(self, phone, waiting, work, verb):
        [delivery] = Delivery.objects.filter(event__name="device.approval_requested")
        services.handle(delivery.event)
        assert [read for *_, read in self.told()] == [False]
        tablet = f"/auth/devices/{device_of(phone, 'tablet')['id']}"
        reply = phone.post(f"{tablet}/approve") if verb == "approve" else phone.delete(tablet)
        assert reply.status_code in {200, 204}
        work()
        assert [read for *_, read in self.told()] == [True]
        assert [message.outcome for message in Message.objects.all()] == ["moot"]
        assert phone.get("/me").json()["unread"]["notifications"] == 0
