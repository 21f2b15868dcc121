from datetime import timedelta

import pytest

from backend.core.ids import new_id
from mobile_api.schemas.notifications import NotificationsOut
from notifications import services
from notifications.models import Notification
from tests.notifications.subjects import order_of, visit_of
from tests.support.cast import Cast
from tests.support.client import BASE

LIST, READ = "/notifications", "/notifications/read"


@pytest.fixture
def comment(cast: Cast, happen):
    """`comment("好")` puts a notification into Li Lei's inbox."""

    def comment(text: str) -> Notification:
        event = happen("visit.commented", visit_of(cast.li), by=cast.han, text=text)
        services.handle(event)
        return Notification.objects.get(event=event)

    return comment


def bodies(reply) -> list[str]:
    assert reply.status_code == 200, reply.content
    return [item["body"] for item in reply.json()["items"]]


def test_the_inbox_is_shown_newest_first(api, cast: Cast, comment, happen):
    comment("一")
    order = order_of(cast.li)
    services.handle(happen("order.alert", order, number="SO1", customer="华联超市", text="缺货"))
    reply = api(cast.li).get(LIST)
    assert bodies(reply) == ["缺货\n客户：华联超市", "一"]
    shown = NotificationsOut.model_validate(reply.json(), strict=False)
    assert (shown.unread, shown.next_cursor) == (2, None)
    alert = shown.items[0]
    assert (alert.kind, alert.title, alert.urgent) == ("order.alert", "订单 SO1 预警", True)
    assert (alert.subject_type, alert.subject_id, alert.path) == ("orders.order", order.pk, f"/orders/{order.pk}")
    assert alert.read_at is None
    assert shown.items[1].urgent is False


def test_everybody_sees_his_own(api, cast: Cast, comment):
    comment("一")
    for other in (cast.han, cast.zhao, cast.qian, cast.sun):
        reply = api(other).get(LIST)
        assert (reply.status_code, reply.json()["items"], reply.json()["unread"]) == (200, [], 0)
    assert api(None).get(LIST).status_code == 401


def test_pages_follow_each_other(api, cast: Cast, comment):
    for text in ("一", "二", "三"):
        comment(text)
    first = api(cast.li).get(LIST, limit=2)
    assert bodies(first) == ["三", "二"]
    assert bodies(api(cast.li).get(LIST, limit=2, cursor=first.json()["next_cursor"])) == ["一"]


def test_only_what_came_since_and_only_the_unread(api, cast: Cast, comment):
    old, seen, new = comment("一"), comment("二"), comment("三")
    services.mark_read(actor=cast.actor(cast.li), ids=[seen.pk], at=new.created_at)
    assert bodies(api(cast.li).get(LIST, since=old.created_at.isoformat())) == ["三", "二"]
    assert bodies(api(cast.li).get(LIST, unread="true")) == ["三", "一"]
    later = (new.created_at + timedelta(seconds=1)).isoformat()
    assert bodies(api(cast.li).get(LIST, since=later)) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"since": "yesterday"}, "invalid"),
        ({"since": "2026-11-22T10:00:00"}, "invalid"),
        ({"limit": 0}, "invalid"),
        ({"limit": 101}, "invalid"),
        ({"cursor": "AAAA"}, "invalid_cursor"),
    ],
)
def test_a_bad_question_is_refused(api, cast: Cast, query: dict, code: str):
    reply = api(cast.li).get(LIST, **query)
    assert (reply.status_code, reply.json()["code"]) == (422, code)


def poll(caller, etag: str, query: str = ""):
    return caller.client.get(BASE + LIST + query, headers=caller.headers | {"If-None-Match": etag})


def test_nothing_new_is_told_in_one_query(api, cast: Cast, comment, settings, django_assert_num_queries):
    settings.REVOCATION_CHECK_S = 2
    comment("一")
    caller = api(cast.li)
    etag = caller.get(LIST).headers["ETag"]
    with django_assert_num_queries(1):
        reply = poll(caller, etag)
    assert (reply.status_code, reply.content, reply.headers["ETag"]) == (304, b"", etag)


def test_whatever_changes_is_told(api, cast: Cast, comment):
    caller = api(cast.li)
    tags = [caller.get(LIST).headers["ETag"]]
    for change in (
        lambda: comment("一"),
        lambda: caller.post(READ, {"ids": [str(Notification.objects.get().pk)]}),
        lambda: comment("二"),
    ):
        assert poll(caller, tags[-1]).status_code == 304
        change()
        reply = poll(caller, tags[-1])
        assert reply.status_code == 200
        tags.append(reply.headers["ETag"])
    assert len(set(tags)) == 4


def test_one_questions_tag_is_not_anothers(api, cast: Cast, comment):
    comment("一")
    caller = api(cast.li)
    etag = caller.get(LIST).headers["ETag"]
    assert poll(caller, etag, "?limit=1").status_code == 200
    assert poll(caller, etag, "?unread=true").status_code == 200


@pytest.mark.parametrize("number", [1, 50])
def test_a_list_takes_two_queries_however_long(
    number: int, api, cast: Cast, comment, settings, django_assert_num_queries
):
    settings.REVOCATION_CHECK_S = 2
    for _ in range(number):
        comment("好")
    caller = api(cast.li)
    caller.get(LIST)
    with django_assert_num_queries(2):
        reply = caller.get(LIST, limit=100)
    assert len(reply.json()["items"]) == number


def test_reading_is_told_and_twice_is_once(api, cast: Cast, comment):
    first, second, _ = comment("一"), comment("二"), comment("三")
    caller = api(cast.li)
    for _ in range(2):
        assert caller.post(READ, {"ids": [str(first.pk)]}).json() == {"unread": 2}
    assert caller.post(READ, {"up_to": str(second.pk)}).json() == {"unread": 1}
    shown = caller.get(LIST).json()
    assert [(item["body"], item["read_at"] is None) for item in shown["items"]] == [
        ("三", True),
        ("二", False),
        ("一", False),
    ]
    assert shown["unread"] == 1


def test_a_stranger_marks_nothing(api, cast: Cast, comment):
    one = comment("一")
    for stranger in (cast.zhao, cast.sun, cast.han):
        for body in ({"ids": [str(one.pk)]}, {"up_to": str(one.pk)}):
            reply = api(stranger).post(READ, body)
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    one.refresh_from_db()
    assert one.read_at is None


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": ["1"]}, {"up_to": "all"}, {"all": True}, {"ids": [str(new_id())] * 101}],
    ids=["nothing", "none", "no id", "no up_to", "unknown field", "too many"],
)
def test_a_bad_mark_is_refused(api, cast: Cast, body: dict):
    reply = api(cast.li).post(READ, body)
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
