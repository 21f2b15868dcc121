"""Payment promises: reminded of on their morning, once, and shown beside the customer."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.events.models import Event
from backend.visits.models import PaymentPromise, Visit
from backend.visits.services.promises import remind_of_promises
from mobile_api.schemas.overview import CustomerOverviewOut
from notifications.models import Notification
from tests.support.contract import reads_as
from tests.support.visit_templates import action, answer, visit_of
from tests.support.visits import recorded

pytestmark = pytest.mark.django_db
DUE = datetime(2099, 3, 2, tzinfo=UTC).date()
MORNING = datetime(2099, 3, 2, 0, 5, tzinfo=UTC)
"""Five past eight in Shanghai."""


def promise(amount, day=DUE):
    return {"amount": {"amount": amount, "currency": "CNY"}, "promised_on": str(day), "note": "月底"}


def test_on_the_morning_of_the_day_once_and_anew_for_another_day(api, cast):
    caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), action("pay", "payment"))
    answer(caller, visit, "pay", payment=promise("800.00"))

    assert remind_of_promises(at=MORNING - timedelta(minutes=10)) == 0
    assert [remind_of_promises(at=MORNING) for _ in range(2)] == [1, 0]
    told = Event.objects.get(name="visit.promise_due")
    assert (told.subject_id, told.company_id) == (Visit.objects.get().pk, cast.company.pk)
    assert told.data == {"customer": "联华超市", "amount": "800.00 CNY", "text": "月底"}
    answer(caller, visit, "pay", payment=promise("900.00"))
    assert remind_of_promises(at=MORNING) == 0
    answer(caller, visit, "pay", payment=promise("900.00", DUE + timedelta(days=1)))
    assert remind_of_promises(at=MORNING) == 0
    assert remind_of_promises(at=MORNING + timedelta(days=1)) == 1
    assert recorded("visit.promise_due") == 2


def test_where_he_has_left_whoever_has_his_customer_is_reminded(api, cast, work):
    visit = visit_of(api(cast.li), api(cast.qian), action("pay", "payment"))
    answer(api(cast.li), visit, "pay", payment=promise("800.00"))
    cast.li.is_active = False
    cast.li.save()
    assert remind_of_promises(at=MORNING) == 0
    Visit.objects.get().customer.change(owner=cast.zhao, department=cast.north)

    assert [remind_of_promises(at=MORNING) for _ in range(2)] == [1, 0]
    work()
    assert Notification.objects.get(kind="visit.promise_due").recipient_id == cast.zhao.pk


def test_what_was_due_long_ago_and_what_is_withdrawn_is_let_be(api, cast):
    visit = visit_of(api(cast.li), api(cast.qian), action("pay", "payment"))
    answer(api(cast.li), visit, "pay", payment=promise("800.00"))

    assert remind_of_promises(at=MORNING + timedelta(days=9)) == 0
    Visit.objects.update(deleted_at=MORNING)
    assert remind_of_promises(at=MORNING) == 0


def test_the_latest_one_is_shown_beside_the_customer(api, cast):
    caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), action("pay", "payment"))
    overview = f"/customers/{visit['customer']['id']}/overview"
    assert reads_as(CustomerOverviewOut, caller.get(overview)).visits.promise is None
    answer(caller, visit, "pay", payment=promise("800.00"))

    seen = reads_as(CustomerOverviewOut, caller.get(overview)).visits.promise

    assert (str(seen.visit_id), str(seen.amount.amount), seen.promised_on) == (visit["id"], "800.00", DUE)
    assert PaymentPromise.objects.count() == 1
