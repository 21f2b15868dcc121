import pytest

from backend.core import clock
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.directory.models import Employee
from backend.directory.services import people
from backend.documents.models import Share
from backend.events.models import Delivery
from notifications import selectors, services
from notifications.models import Message, Notification
from tests.notifications.subjects import approval_of, order_of, visit_of
from tests.support.cast import Cast


def recipients() -> set[str]:
    return set(Notification.objects.values_list("recipient__name", flat=True))


def test_twice_is_once(cast: Cast, happen):
    event = happen("visit.commented", visit_of(cast.li), by=cast.han, text="好")
    services.handle(event)
    services.handle(event)
    assert Notification.objects.count() == Message.objects.count() == 1


def test_who_came_later_is_told_and_nobody_twice(cast: Cast, happen):
    """A handler that died between two recipients, or a rule that grew: the rest is told on repetition."""
    event = happen("approval.requested", approval_of(cast.li, [cast.han]), by=cast.li, approvers=[str(cast.han.pk)])
    services.handle(event)
    event.data["approvers"].append(str(cast.qian.pk))
    services.handle(event)
    assert list(Notification.objects.values_list("recipient__name", flat=True).order_by("created_at")) == [
        "韩梅梅",
        "钱进",
    ]


def test_nobody_is_told_of_what_he_did_himself(cast: Cast, happen):
    services.handle(happen("visit.commented", visit_of(cast.li), by=cast.li, text="备注"))
    assert recipients() == set()


def test_leavers_are_not_told(cast: Cast, happen):
    visit = visit_of(cast.li)
    people.dismiss(actor=cast.actor(cast.qian), employee_id=cast.li.pk, at=clock.now())
    services.handle(happen("visit.commented", visit, by=cast.han, text="好"))
    assert recipients() == set()


def test_who_may_not_see_it_is_not_told(cast: Cast, happen):
    """Zhao Qiang was asked and has been taken off since: his inbox would name what he cannot open."""
    approval = approval_of(cast.li, [cast.han, cast.zhao])
    event = happen(
        "approval.requested", approval, by=cast.li, approvers=[str(cast.han.pk), str(cast.zhao.pk)], title="差旅费"
    )
    Share.objects.filter(employee=cast.zhao).delete()
    services.handle(event)
    assert recipients() == {"韩梅梅"}


def test_who_has_no_manager_is_no_trouble(cast: Cast, happen):
    services.handle(happen("order.submitted", order_of(cast.zhao), by=cast.zhao, number="SO1", customer="华联超市"))
    assert recipients() == set()


def test_an_event_that_would_cross_companies_tells_nobody_and_is_seen(cast: Cast, happen, work):
    approval = approval_of(cast.li, [cast.han])
    happen("approval.requested", approval, by=cast.li, approvers=[str(cast.han.pk), str(cast.sun.pk)], title="差旅费")
    work()
    assert recipients() == set()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == (Delivery.Status.DEAD, 1)
    assert "another company" in delivery.error


def test_an_event_nobody_tells_of_any_more_is_done(cast: Cast, happen):
    services.handle(happen("visit.danced", visit_of(cast.li), by=cast.han))
    assert recipients() == set()


def test_what_is_urgent_overtakes(cast: Cast, happen):
    services.handle(happen("order.confirmed", order_of(cast.li), number="SO1", customer="华联超市"))
    services.handle(happen("order.rejected", order_of(cast.li), number="SO2", customer="华联超市", reason="信用"))
    [first] = Message.take_due(limit=1)
    assert Message.objects.get(pk=first).notification.kind == "order.rejected"


@pytest.fixture
def three(cast: Cast, happen) -> list[Notification]:
    """In Li Lei's inbox, oldest first."""
    for text in ("一", "二", "三"):
        services.handle(happen("visit.commented", visit_of(cast.li), by=cast.han, text=text))
    return list(Notification.objects.order_by("created_at"))


def unread_by(employee: Employee) -> list[str]:
    rows = Notification.objects.filter(recipient=employee, read_at=None).order_by("created_at")
    return list(rows.values_list("body", flat=True))


def test_single_ones_are_marked_read_and_twice_is_once(cast: Cast, three):
    at = clock.now()
    for _ in range(2):
        assert services.mark_read(actor=cast.actor(cast.li), ids=[three[1].pk], at=at) == 2
    assert unread_by(cast.li) == ["一", "三"]
    services.mark_read(actor=cast.actor(cast.li), ids=[three[1].pk], at=clock.now())
    three[1].refresh_from_db()
    assert three[1].read_at == at


def test_everything_up_to_one_is_marked_read(cast: Cast, three):
    assert services.mark_read(actor=cast.actor(cast.li), up_to=three[1].pk, at=clock.now()) == 1
    assert unread_by(cast.li) == ["三"]


def test_somebody_elses_are_not_found_and_nothing_is_marked(cast: Cast, three):
    for stranger in (cast.han, cast.sun):
        with pytest.raises(NotFound):
            services.mark_read(actor=cast.actor(stranger), up_to=three[2].pk, at=clock.now())
    with pytest.raises(NotFound):
        services.mark_read(actor=cast.actor(cast.li), ids=[three[0].pk, new_id()], at=clock.now())
    assert unread_by(cast.li) == ["一", "二", "三"]


def test_the_unread_are_counted_in_one_query(cast: Cast, three, django_assert_num_queries):
    actor = cast.actor(cast.li)
    with django_assert_num_queries(1):
        assert selectors.unread_count(actor=actor) == 3
    assert selectors.unread_count(actor=cast.actor(cast.han)) == 0
