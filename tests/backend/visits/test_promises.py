"""Payment promises: reminded of on their morning, once, and shown beside the customer."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.clock import start_of, today_in
from backend.directory.models import Employee, Role
from backend.directory.services.roles import put_role
from backend.events.auditing import entries
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


def test_how_much_is_for_who_made_the_visit_and_who_sees_what_is_paid(api, cast, work):
    today = today_in(cast.company.timezone, clock.now())
    caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), action("pay", "payment"))
    answer(caller, visit, "pay", payment=promise("87654.32", today))
    screen, customer = f"/visits/{visit['id']}", visit["customer"]["id"]
    template = caller.get(screen).json()["template"]["id"]
    days = {"from": str(today - timedelta(days=1)), "to": str(today)}
    places = {
        screen: lambda told: told["actions"][0]["answer"]["payment"]["amount"],
        f"/customers/{customer}/overview": lambda told: told["visits"]["promise"]["amount"],
        f"/visit-templates/{template}/statistics": lambda told: told["actions"][0]["promised"][0]["total"],
    }

    def amounts(person):
        query = {path: days if path.endswith("statistics") else {} for path in places}
        return [found(api(person).get(path, **query[path]).json()) for path, found in places.items()]

    known = {"amount": "87654.32", "currency": "CNY"}
    assert amounts(cast.han) == amounts(cast.li) == [known] * 3
    held = api(cast.han).get(screen).headers["ETag"]
    for role in Role.objects.filter(company=cast.company):
        told = {name: getattr(role, name) for name in ("code", "name", "capabilities", "scopes")}
        put_role(actor=Actor.system(cast.company.pk), **told, fields=["customer_contact"], at=clock.now())
    assert (amounts(cast.han), amounts(cast.li)) == ([None] * 3, [known] * 3)
    assert api(cast.han).get(screen).headers["ETag"] != held

    Visit.objects.get().show_to([cast.zhao.pk])
    Employee.objects.filter(pk=cast.li.pk).update(is_active=False)
    Visit.objects.get().customer.change(owner=cast.zhao, department=cast.north)
    assert remind_of_promises(at=start_of(today, cast.company.timezone) + timedelta(hours=9)) == 1
    work()
    assert "87654" not in Notification.objects.get(kind="visit.promise_due").body
    trail = entries(list(Event.objects.filter(subject_id=visit["id"])), sees=lambda name: False)
    assert "87654" not in str([(entry.changes, entry.details) for entry in trail])
    everything = entries(list(Event.objects.filter(subject_id=visit["id"])), sees=lambda name: True)
    assert str([(entry.changes, entry.details) for entry in everything]).count("87654.32") == 2
