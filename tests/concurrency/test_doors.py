"""Codes, tickets and bindings that arrive at one moment."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Device, Identity, LoginRestriction, Role, Session
from backend.directory.services import bindings, people, sessions
from tests.simulators import wecom_simulator
from tests.support.cast import PASSWORD, Cast, make_cast
from tests.support.client import Caller
from tests.support.doors import CORP_ID, MINI, PHONE, Phone, enter_apps, open_platform
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def platform_process():
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def people_and_phone(platform_process, settings) -> tuple[Cast, Phone]:
    open_platform(platform_process, settings)
    cast = make_cast()
    enter_apps(cast)
    return cast, Phone(platform_process)


def subject(cast: Cast, user: str = "LiLei") -> bindings.Subject:
    return bindings.Subject(cast.company.pk, "wecom", CORP_ID, user)


def test_a_code_that_arrives_eight_times_is_exchanged_once_for_one_session(people_and_phone):
    cast, phone = people_and_phone
    openid = phone.platform.issue("mini_program", "李雷", app_id=MINI)["openid"]
    known = bindings.Subject(cast.company.pk, "wechat", MINI, openid)
    bindings.bind(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, subject=known, how="directory")
    phone.platform.faults({"path": "/sns/jscode2session", "delay": 0.3, "count": None})
    code = phone.mini_code()
    replies = together(8, lambda i: phone.wechat(code))
    assert [reply.status_code for reply in replies] == [200] * 8
    assert len({reply.json()["session_id"] for reply in replies}) == 1
    assert len(phone.platform.requests("/sns/jscode2session")) == 1
    assert Session.objects.count() == 1


def test_a_code_without_an_answer_is_asked_once_by_eight(people_and_phone):
    _, phone = people_and_phone
    phone.platform.faults({"path": "/sns/jscode2session", "close": True, "after": True, "count": None})
    code = phone.mini_code()
    replies = together(8, lambda i: phone.wechat(code))
    assert {reply.json()["code"] for reply in replies} == {"login_unanswered"}
    assert len(phone.platform.requests("/sns/jscode2session")) == 1


def test_of_several_who_bind_one_account_at_once_one_wins(people_and_phone):
    cast, _ = people_and_phone
    claimants = [cast.li, cast.han, cast.wang, cast.zhao]
    for _ in range(5):
        Identity.objects.all().delete()
        results = together(
            4,
            lambda i: bindings.bind(
                actor=cast.actor(claimants[i]), employee_id=claimants[i].pk, subject=subject(cast), how="confirmed"
            ),
        )
        assert sum(isinstance(result, Identity) for result in results) == 1
        assert sum(isinstance(result, bindings.IdentityTaken) for result in results) == 3
        assert Identity.objects.count() == 1


def test_of_several_accounts_bound_to_one_person_at_once_one_wins(people_and_phone):
    cast, _ = people_and_phone
    results = together(
        4,
        lambda i: bindings.bind(
            actor=cast.actor(cast.li), employee_id=cast.li.pk, subject=subject(cast, f"user-{i}"), how="confirmed"
        ),
    )
    assert sum(isinstance(result, Identity) for result in results) == 1
    assert sum(isinstance(result, bindings.AlreadyBound) for result in results) == 3


def test_a_phone_number_arriving_eight_times_binds_once(people_and_phone):
    cast, phone = people_and_phone
    type(cast.li).objects.filter(pk=cast.li.pk).update(phone=PHONE)
    ticket, code = phone.wechat(phone.mini_code()).json()["ticket"], phone.phone_code()
    replies = together(8, lambda i: phone.wechat_phone(ticket, code))
    assert [reply.status_code for reply in replies] == [200] * 8
    assert (Identity.objects.count(), Session.objects.count()) == (1, 1)


def test_an_approved_device_that_asks_eight_times_gets_one_session():
    cast = make_cast()
    LoginRestriction.objects.create(
        company=cast.company, role=Role.objects.get(company=cast.company, code="rep"), devices="approved"
    )
    body = {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": {"id": "tablet"}}
    ticket = Caller(None).post("/auth/password", body).json()["ticket"]
    Device.objects.update(status="trusted")
    ask = {"ticket": ticket, "device_id": "tablet"}
    replies = together(8, lambda i: Caller(None).post("/auth/device-approval", ask))
    assert [reply.status_code for reply in replies] == [200] * 8
    assert len({reply.json()["session_id"] for reply in replies}) == 1


def test_a_dismissal_and_a_sign_in_at_once_leave_no_session_alive():
    cast = make_cast()
    system = Actor.system(cast.company.pk)
    device = sessions.Device(id="phone-1")

    def work(i: int) -> object:
        if i == 0:
            return people.dismiss(actor=system, employee_id=cast.li.pk, at=clock.now())
        return sessions.open_session(employee_id=cast.li.pk, device=device, at=clock.now())

    together(6, work)
    living = Session.objects.filter(employee=cast.li, revoked_at=None)
    tokens = [sessions.continue_session(session_id=session.pk, at=clock.now()) for session in living]
    assert tokens == [None] * len(tokens)
    assert not living.exists()
