"""The same callback many times at once, many callbacks at once, and the order of those about one thing."""

import threading
import time

import pytest

from backend.events.models import Event
from backend.wechat.callbacks import registry, working
from backend.wechat.callbacks.models import Callback
from tests.support.callbacks import card_clicked, contact_changed, enter
from tests.support.processes import eventually
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wecom(cast):
    return enter(cast.company.pk)[1]


@pytest.fixture
def handled(monkeypatch):
    """Subjects in the order in which a handler of `change_contact` was through with them; `handled.fail` names some."""

    class Handled(list):
        fail: frozenset[str] = frozenset()
        pause = 0.0

        def handle(self, callback, message) -> None:
            time.sleep(self.pause)
            name = message.event.user_id + str(message.fields["CreateTime"])
            if name in self.fail:
                raise RuntimeError(name)
            self.append(name)

    handled = Handled()
    monkeypatch.setattr(registry, "_handlers", {**registry._handlers, "change_contact": handled.handle})
    return handled


def test_concurrent_duplicates_are_taken_and_applied_once(wecom, work):
    replies = together(8, lambda n: wecom.push(card_clicked(), nonce=str(n)))
    assert [(reply.status_code, reply.content) for reply in replies] == [(200, b"success")] * 8
    kept = Callback.objects.get()
    together(4, lambda _: working.work(kept.pk))
    work()
    assert Event.objects.filter(name="wecom.card_clicked").count() == 1


def test_two_hundred_in_a_burst_are_all_applied_and_their_repetitions_are_not(wecom, handled, work):
    texts = [contact_changed("update_user", UserID=f"u{n}") for n in range(200)]
    began = time.monotonic()
    replies = together(8, lambda n: [wecom.push(text).status_code for text in texts[n::8]])
    seconds = time.monotonic() - began
    assert [status for some in replies for status in some] == [200] * 200, replies
    print(f"200 callbacks taken in {seconds:.2f} s")
    assert together(4, lambda n: [wecom.push(text).status_code for text in texts[n::4]]) == [[200] * 50] * 4
    work()
    assert sorted(handled) == sorted(f"u{n}1" for n in range(200))
    assert set(Callback.objects.values_list("status", flat=True)) == {"done"}


def test_one_that_is_in_hand_is_woken_by_nobody(wecom, monkeypatch):
    """A worker found it waiting, and comes to wake it when another has begun with it."""
    for second in (1, 2):
        wecom.push(contact_changed("update_user", UserID="Li", second=second))
    first, second = Callback.objects.order_by("pk")
    again = []

    def handle(callback, message) -> None:
        if callback == second:
            working._wake_next(Callback.objects.get(pk=second.pk))
            again.append(working.work(second.pk))

    monkeypatch.setattr(registry, "_handlers", {**registry._handlers, "change_contact": handle})
    for callback in (second, first, second):  # the second must wait; the first, when done, wakes it
        working.work(callback.pk)
    assert again == [False]
    assert set(Callback.objects.values_list("status", "error", "attempts")) == {("done", "", 1)}


def test_those_about_one_person_are_done_in_the_order_of_arrival(wecom, handled):
    handled.pause = 0.01
    for second in range(1, 9):
        wecom.push(contact_changed("update_user", UserID="Li", second=second))
    rows = list(Callback.objects.order_by("pk").values_list("pk", flat=True))

    def work(n: int) -> None:
        for _ in range(200):
            for pk in reversed(rows):
                working.work(pk)
            if len(handled) == 8:
                return

    assert together(4, work) == [None] * 4
    assert handled == [f"Li{second}" for second in range(1, 9)]
    assert set(Callback.objects.values_list("status", "error")) == {("done", "")}


def test_one_that_waits_costs_no_attempt_and_comes_right_after(wecom, handled):
    for second in (1, 2):
        wecom.push(contact_changed("update_user", UserID="Li", second=second))
    first, second = Callback.objects.order_by("pk")
    assert working.work(second.pk) is True
    second.refresh_from_db()
    assert (second.status, second.attempts, second.error) == ("pending", 0, working.BEHIND)
    assert working.work(second.pk) is False, "it waits"
    working.work(first.pk)
    assert working.work(second.pk) is True, "the first has woken it"
    assert handled == ["Li1", "Li2"]


def test_one_that_looked_a_moment_too_early_is_not_forgotten(wecom, handled, monkeypatch):
    """The first is done between the second's look and its going to the end of the line."""
    for second in (1, 2):
        wecom.push(contact_changed("update_user", UserID="Li", second=second))
    first, second = Callback.objects.order_by("pk")
    looked = working._must_wait

    def look(callback: Callback) -> bool:
        monkeypatch.setattr(working, "_must_wait", looked)
        waits = looked(callback)
        working.work(first.pk)
        return waits

    monkeypatch.setattr(working, "_must_wait", look)
    working.work(second.pk)
    assert working.work(second.pk) is True
    assert handled == ["Li1", "Li2"]


def test_one_that_fails_does_not_hold_up_the_others_for_ever(wecom, handled, work, monkeypatch):
    handled.fail = frozenset({"Li1"})
    for second in (1, 2):
        wecom.push(contact_changed("update_user", UserID="Li", second=second))
    wecom.push(contact_changed("update_user", UserID="Han", second=3))
    work()
    assert handled == ["Han3"], "others are not held up at all"
    waiting = Callback.objects.order_by("pk")[1]
    monkeypatch.setattr(working, "PATIENCE", working.PATIENCE * 0)
    Callback.retry([waiting.pk])
    work()
    assert handled == ["Han3", "Li2"]
    assert Callback.objects.order_by("pk")[0].status == "pending", "it is still tried again"


def test_what_stands_behind_holds_no_answer_up(wecom, handled):
    """A worker sits on the first for as long as it likes; the second is taken at once."""
    started, ended = threading.Event(), threading.Event()

    def sit(callback, message) -> None:
        started.set()
        ended.wait(30)

    registry._handlers["change_contact"] = sit
    wecom.push(contact_changed("update_user", UserID="Li"))
    pk = Callback.objects.get().pk
    thread = threading.Thread(target=together, args=[1, lambda _: working.work(pk)])
    thread.start()
    try:
        eventually(started.is_set, what="the worker to begin")
        began = time.monotonic()
        assert wecom.push(contact_changed("update_user", UserID="Li", second=2)).content == b"success"
        assert time.monotonic() - began < 1
    finally:
        ended.set()
        thread.join(30)
