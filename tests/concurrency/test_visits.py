from uuid import uuid4

import pytest

from backend.events.models import Event
from backend.visits.models import CheckInSample, Visit, VisitComment, VisitLike, VisitReading
from tests.support.threads import together
from tests.support.visits import check_in_body, checked_in, new_visit

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(replies):
    return sorted(reply.json()["code"] if reply.status_code >= 400 else "done" for reply in replies)


def test_eight_copies_of_one_check_in_count_once(api, cast):
    caller, body = api(cast.li), check_in_body()
    visit = new_visit(caller)

    replies = together(8, lambda i: caller.post(f"/visits/{visit['id']}/check-in", body))

    assert outcomes(replies) == ["done"] * 8
    assert len({reply.content for reply in replies}) == 1
    assert Event.objects.filter(name="visit.checked_in").count() == 1
    assert CheckInSample.objects.count() == 3


def test_of_eight_visits_checked_in_at_once_one_is_open(api, cast):
    caller = api(cast.li)
    visits = [new_visit(caller) for _ in range(8)]

    replies = together(8, lambda i: caller.post(f"/visits/{visits[i]['id']}/check-in", check_in_body()))

    assert outcomes(replies) == ["another_visit_open"] * 7 + ["done"]
    open_visit = Visit.objects.get(status="open")
    named = {reply.json()["visit_id"] for reply in replies if reply.status_code == 409}
    assert named == {str(open_visit.pk)}
    assert Event.objects.filter(name="visit.checked_in").count() == 1


def test_the_visits_of_one_person_do_not_hold_up_another(api, cast):
    callers = [api(cast.li), api(cast.zhao), api(cast.han)]
    visits = [new_visit(caller) for caller in callers]

    replies = together(3, lambda i: callers[i].post(f"/visits/{visits[i]['id']}/check-in", check_in_body()))

    assert outcomes(replies) == ["done"] * 3


def test_eight_check_outs_count_once(api, cast):
    caller, visit = api(cast.li), checked_in(api(cast.li))

    replies = together(8, lambda i: caller.post(f"/visits/{visit['id']}/check-out", {}))

    assert outcomes(replies) == ["done"] * 8
    assert Event.objects.filter(name="visit.checked_out").count() == 1


def test_check_out_and_cancel_and_check_in_at_once_end_in_one_story(api, cast):
    caller, visit = api(cast.li), new_visit(api(cast.li))
    calls = [("check-in", check_in_body()), ("cancel", {})] * 4

    together(8, lambda i: caller.post(f"/visits/{visit['id']}/{calls[i][0]}", calls[i][1]))

    status = Visit.objects.get().status
    told = set(Event.objects.filter(name__in=["visit.checked_in", "visit.cancelled"]).values_list("name", flat=True))
    assert told == {"visit.checked_in" if status == "open" else "visit.cancelled"}


def test_a_plan_has_one_visit_however_many_are_made_at_once(api, cast):
    caller = api(cast.li)
    customer = new_visit(caller)["customer"]["id"]
    plan = caller.post("/visit-plans", {"customer_id": customer, "planned_on": "2026-12-01"}).json()

    replies = together(8, lambda i: caller.post("/visits", {"plan_id": plan["id"]}))

    assert outcomes(replies) == ["done"] + ["plan_used"] * 7
    assert Visit.objects.filter(plan_id=plan["id"]).count() == 1


def test_two_managers_who_decide_at_once_leave_one_decision(api, cast):
    visit = checked_in(api(cast.li), metres=3000)
    callers = [api(cast.han), api(cast.qian)]
    decisions = [{"decision": "accepted"}, {"decision": "rejected", "reason": "不在门店"}]

    replies = together(2, lambda i: callers[i].post(f"/visits/{visit['id']}/review", decisions[i]))

    assert outcomes(replies) == ["already_reviewed", "done"]
    won = next(reply for reply in replies if reply.status_code == 200).json()
    assert Visit.objects.get().decision == won["decision"]
    assert Event.objects.filter(name="visit.reviewed").count() == 1


def test_eight_copies_of_one_comment_are_one(api, cast):
    visit, sent = new_visit(api(cast.li)), {"id": str(uuid4()), "text": "好"}
    caller = api(cast.han)

    replies = together(8, lambda i: caller.post(f"/visits/{visit['id']}/comments", sent))

    assert sorted(reply.status_code for reply in replies) == [200] * 7 + [201]
    assert VisitComment.objects.count() == Event.objects.filter(name="visit.commented").count() == 1


def test_of_eight_likes_at_once_the_owner_hears_of_one_and_the_last_state_holds(api, cast):
    caller, visit = api(cast.han), checked_in(api(cast.li))
    path = f"/visits/{visit['id']}/like"

    replies = together(8, lambda i: caller.post(path))

    assert [reply.json() for reply in replies] == [{"liked": True, "likes": 1}] * 8
    assert Event.objects.filter(name="visit.liked").count() == 1
    together(8, lambda i: caller.delete(path) if i % 2 else caller.post(f"/visits/{visit['id']}/read"))
    assert VisitLike.objects.filter(taken_back_at=None).count() == 0
    assert VisitReading.objects.count() == 1
