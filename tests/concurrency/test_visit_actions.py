"""Two phones of one person, and a template that changes at the very moment."""

import pytest

from backend.events.models import Event
from backend.visits.models import ActionAnswer, TemplateVersion, Visit
from tests.support.threads import together
from tests.support.visit_templates import action, answer, form, published, visit_of
from tests.support.visits import check_in_body, new_visit

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = action("note", "note")


def test_two_phones_that_answer_one_action_leave_one_answer_and_its_history(api, cast):
    caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), NOTE)

    replies = together(8, lambda i: answer(caller, visit, "note", note={"text": f"第 {i % 2} 台手机"}))

    assert {reply.status_code for reply in replies} == {200}
    kept = ActionAnswer.objects.get()
    story = Event.objects.filter(name="visit.action_answered").order_by("pk")
    assert [event.data["after"]["answer"] for event in story][-1] == kept.value
    for earlier, later in zip(story, list(story)[1:], strict=False):
        assert later.data["before"] == earlier.data["after"] != later.data["after"]


def test_an_answer_and_the_check_out_at_once_end_in_one_story(api, cast):
    caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), NOTE)
    calls = [
        lambda: answer(caller, visit, "note", note={"text": "好"}),
        lambda: caller.post(f"/visits/{visit['id']}/check-out", {}),
    ]

    replies = together(8, lambda i: calls[i % 2]())

    codes = {reply.json().get("code") for reply in replies} - {None}
    assert codes <= {"actions_missing"}
    assert ActionAnswer.objects.get().is_late is False
    assert caller.post(f"/visits/{visit['id']}/check-out", {}).json()["status"] == "completed"
    assert Event.objects.filter(name="visit.checked_out").count() == 1


def test_publishing_and_checking_in_at_once_gives_each_visit_one_version(api, cast):
    admin = api(cast.qian)
    template = published(admin, NOTE)
    people = [cast.li, cast.zhao, cast.han]
    visits = [new_visit(api(person)) for person in people]
    body = {"version": 1, "actions": [NOTE, form("shelf")]}
    calls = [
        *(
            lambda at=place: api(people[at]).post(f"/visits/{visits[at]['id']}/check-in", check_in_body())
            for place in range(3)
        ),
        lambda: admin.post(f"/visit-templates/{template['id']}/versions", body),
        lambda: admin.post(f"/visit-templates/{template['id']}/versions", body),
    ]

    replies = together(5, lambda i: calls[i]())

    assert {reply.status_code for reply in replies} <= {200, 201}
    assert sorted(TemplateVersion.objects.values_list("number", flat=True)) == [1, 2]
    assert Event.objects.filter(name="visit_template.published").count() == 2
    followed = Visit.objects.values_list("template_version__number", flat=True)
    assert len(followed) == 3
    assert set(followed) <= {1, 2}
