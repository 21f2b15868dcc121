"""Plans that several people or workers make, take and change at one moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from backend.core import clock
from backend.events.models import Event
from backend.visits import services as visits
from backend.visits.models import PlanSeries, VisitPlan
from backend.visits.rules.planning import Recurrence
from backend.visits.services import planning, reminders, series, standing_in
from tests.support.client import Caller, access_token
from tests.support.processes import eventually
from tests.support.threads import together
from tests.support.visit_plans import plan, shop_of

pytestmark = pytest.mark.django_db(transaction=True)
FUTURE = {"planned_on": "2099-12-01"}


def test_the_same_batch_many_times_at_once_is_made_once(cast):
    han = Caller(access_token(cast.han))
    customer = UUID(shop_of(han))
    wishes = [
        planning.Wish(id=uuid4(), owner_id=cast.li.pk, customer_id=customer, planned_on=clock.now().date())
        for _ in range(5)
    ]
    actor, at = cast.actor(cast.han), clock.now()
    made = together(6, lambda n: planning.plan_many(actor=actor, wishes=wishes, at=at))
    assert {tuple(one.pk for one in plans) for plans in made} == {tuple(wish.id for wish in wishes)}, made
    assert VisitPlan.objects.count() == 5
    assert Event.objects.filter(name="visit_plans.assigned").count() == 1


def test_two_workers_make_each_day_of_a_series_once(cast):
    li = Caller(access_token(cast.li))
    customer = shop_of(li)
    today = clock.now().date().isoformat()
    for _ in range(3):
        li.post("/visit-series", {"customer_id": customer, "kind": "every_n_days", "every_days": 2, "first_on": today})
    before, later = VisitPlan.objects.count(), clock.now() + timedelta(days=10)
    assert sum(together(4, lambda n: series.extend_all(at=later))) == 15
    assert VisitPlan.objects.count() == before + 15
    assert PlanSeries.objects.filter(made_to=None).count() == 0


def test_each_is_reminded_once_by_many_workers(cast):
    li = Caller(access_token(cast.li))
    customer, soon = shop_of(li), (clock.now() + timedelta(minutes=20)).isoformat()
    today = clock.today_in("Asia/Shanghai", clock.now() + timedelta(minutes=20)).isoformat()
    for _ in range(12):
        plan(li, customer, planned_on=today, starts_at=soon)
    at = clock.now()
    assert sum(together(4, lambda n: reminders.remind(at=at))) == 12
    assert Event.objects.filter(name="visit_plan.due_soon").count() == 12


@pytest.mark.parametrize("command", ["substitute", "end the series"])
def test_a_plan_that_is_being_begun_stays_as_it_is(cast, command):
    """Whoever takes plans over or ends a series waits for the visit that is being made, and then sees it."""
    li, customer = cast.actor(cast.li), UUID(shop_of(Caller(access_token(cast.li))))
    at = clock.now()
    terms = series.Terms(Recurrence.EVERY_N_DAYS, first_on=(at + timedelta(days=2)).date(), every_days=30)
    begun, _ = series.start_series(actor=li, customer_id=customer, terms=terms, at=at)
    planned = VisitPlan.objects.get()

    def act(n: int) -> object:
        if command == "substitute":
            day, people = planned.planned_on, {"absent_id": cast.li.pk, "substitute_id": cast.zhao.pk}
            return standing_in.stand_in(actor=li, first_on=day, last_on=day, at=at, **people)
        return series.end_series(actor=li, series_id=begun.pk, at=at)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            visits.create_visit(actor=li, plan_id=planned.pk, at=at)
            other = pool.submit(together, 1, act)
            eventually(somebody_waits, what="the other command")
        (answer,) = other.result()
    assert not isinstance(answer, Exception), answer
    now = VisitPlan.objects.get()
    assert (now.owner_id, now.status, now.version) == (cast.li.pk, "planned", planned.version)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_plan_that_is_taken_over_while_it_is_begun_has_one_outcome(cast):
    li, han = Caller(access_token(cast.li)), Caller(access_token(cast.han))
    mine = plan(li, shop_of(li), **FUTURE)
    people = {"absent_id": str(cast.li.pk), "substitute_id": str(cast.zhao.pk)}
    days = {"first_on": FUTURE["planned_on"], "last_on": FUTURE["planned_on"]}

    def act(n: int) -> int:
        if n:
            return han.post("/visit-substitutions", {**people, **days}).status_code
        return li.post("/visits", {"plan_id": mine["id"]}).status_code

    begun, arranged = together(2, act)
    owner = VisitPlan.objects.get().owner_id
    assert (begun, arranged, owner) in {(201, 201, cast.li.pk), (404, 201, cast.zhao.pk)}
