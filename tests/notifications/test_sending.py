"""Messages through the very tasks a worker runs, to a stand-in for WeCom in a process of its own."""

from datetime import timedelta

import pytest
import time_machine

from backend.core import clock
from backend.directory.models import Identity
from backend.directory.services import people
from backend.events import owed
from backend.wechat.models import App
from notifications.models import Message
from tests.notifications.subjects import approval_of, visit_of
from tests.simulators import Simulator
from tests.support.cast import Cast
from tests.support.wecom import bind

SEND = "/cgi-bin/message/send"


@pytest.fixture
def ask_han(cast: Cast, happen):
    """Li Lei asks Han Meimei to approve; the message owed to her is made."""

    def ask() -> None:
        approval = approval_of(cast.li, [cast.han])
        happen("approval.requested", approval, by=cast.li, title="差旅费", approvers=[str(cast.han.pk)])

    return ask


def later(work, seconds: float = owed.LONGEST_RETRY_S * 2) -> None:
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=False):
        work()


def ended(outcome: str) -> Message:
    message = Message.objects.get()
    assert (message.status, message.outcome, message.error) == (Message.Status.DONE, outcome, "")
    return message


def test_a_card_arrives_with_a_link_to_the_subject(connected: Simulator, ask_han, work, settings):
    settings.PUBLIC_URL = "https://m.example.com"
    ask_han()
    work()
    [card] = connected.messages()
    message = ended("sent")
    notification = message.notification
    assert (card["user"], card["msgid"]) == ("HanMeimei", message.external_id)
    assert card["content"]["title"] == "待您审批：差旅费"
    assert card["content"]["description"] == "提交人：李雷"
    assert card["content"]["url"] == f"https://m.example.com/approvals/{notification.subject_id}"
    assert message.attempts == 1


def test_what_is_for_the_inbox_only_is_not_pushed(connected: Simulator, cast: Cast, happen, work):
    happen("visit.checked_out", visit_of(cast.li), by=cast.li, customer="华联超市", minutes=25, summary="")
    work()
    assert connected.messages() == []
    assert not Message.objects.exists()


@pytest.mark.parametrize("fault", [{"close": True, "after": True}, {"status": 502, "html": True, "after": True}])
def test_a_lost_reply_is_sent_again_and_arrives_once(connected: Simulator, ask_han, work, fault: dict):
    connected.faults({"path": SEND, **fault})
    ask_han()
    work()
    message = Message.objects.get()
    assert (message.status, message.attempts, message.outcome) == (Message.Status.PENDING, 1, "")
    assert message.error
    later(work)
    [card] = connected.messages()
    assert ended("sent").external_id == card["msgid"]
    assert len(connected.requests(SEND)) == 2


def test_two_alike_both_arrive(connected: Simulator, ask_han, work):
    ask_han()
    ask_han()
    work()
    assert len(connected.messages("HanMeimei")) == 2


def test_a_company_without_an_app_reaches_nobody_and_that_is_no_error(platform: Simulator, ask_han, work):
    ask_han()
    work()
    assert "企业微信应用" in ended("not_reachable").remark
    assert platform.requests() == []


def test_who_is_not_bound_is_not_reached(connected: Simulator, ask_han, work, cast: Cast):
    Identity.objects.filter(employee=cast.han).delete()
    ask_han()
    work()
    assert "没有绑定" in ended("not_reachable").remark
    assert connected.requests() == []


def test_who_left_meanwhile_is_not_reached(connected: Simulator, ask_han, work, cast: Cast):
    connected.faults({"path": SEND, "errcode": -1})
    ask_han()
    work()
    people.dismiss(actor=cast.actor(cast.qian), employee_id=cast.han.pk, at=clock.now())
    later(work)
    assert "离职" in ended("not_reachable").remark
    assert connected.messages() == []


def test_whom_the_platform_does_not_reach_is_not_tried_again(connected: Simulator, cast: Cast, happen, work):
    """Wang Fang is outside the app's visible range."""
    happen("visit.commented", visit_of(cast.wang), by=cast.han, text="好")
    work()
    assert "81013" in ended("not_reachable").remark
    later(work)
    assert len(connected.requests(SEND)) == 1


def test_of_several_corporations_the_one_he_belongs_to(connected: Simulator, ask_han, work, cast: Cast):
    other = App(company=cast.company, kind="wecom_app", platform_id="ww-other", agent_id=1)
    other.secret = "x"
    other.save()
    App.objects.filter(platform_id="ww-waiqin").update(id=other.pk + 1)  # entered last
    ask_han()
    work()
    assert len(connected.messages("HanMeimei")) == 1


def test_another_companys_app_is_never_used(connected: Simulator, cast: Cast, happen, work):
    bind(cast.sun, "LiLei2")
    happen("visit.commented", visit_of(cast.sun), text="好")
    work()
    assert "企业微信应用" in ended("not_reachable").remark
    assert connected.requests() == []


def test_a_wrong_secret_waits_for_a_person_however_long(connected: Simulator, ask_han, work):
    app = App.objects.get()
    app.secret = "wrong"
    app.save()
    ask_han()
    for day in range(owed.MAX_ATTEMPTS + 2):
        later(work, day * 86_400)
    waiting = Message.objects.get()
    assert (waiting.status, waiting.attempts) == (Message.Status.PENDING, 0)
    assert "40001" in waiting.error
    app.secret = "s3cret"
    app.save()
    later(work, 30 * 86_400)
    ended("sent")
    assert len(connected.messages("HanMeimei")) == 1


def test_a_refused_card_is_a_dead_letter_until_a_person_retries_it(connected: Simulator, ask_han, work):
    connected.faults({"path": SEND, "errcode": 45002})
    ask_han()
    work()
    dead = Message.objects.get()
    assert (dead.status, dead.attempts) == (Message.Status.DEAD, 1)
    assert "45002" in dead.error
    later(work)
    assert len(connected.requests(SEND)) == 1
    assert Message.retry([dead.pk]) == 1
    work()
    ended("sent")
    assert Message.retry([dead.pk]) == 0
    work()
    assert len(connected.messages("HanMeimei")) == 1
