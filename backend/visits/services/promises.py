"""On the morning of the day for which a customer has promised money, whoever was told so is reminded, once; where he
has left, whoever is in charge of the customer now."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.core.transactions import commits_in_steps
from backend.directory.models import Company
from backend.events import services as events
from backend.visits.models import PaymentPromise
from backend.visits.reach import show_to_who_follows, somebody_follows
from backend.visits.services.reminders import AT_ONCE, MADE_UP_FOR, MORNING


@commits_in_steps("each portion for itself, so that whoever was told stays told")
def remind_of_promises(*, at: datetime) -> int:
    """Of the promises that are due today; how many. Two at once share them; another day is told of anew."""
    told = 0
    for company in Company.objects.filter(pk__in=_due(at.date() + timedelta(days=1), at).values("company_id")):
        if at.astimezone(ZoneInfo(company.timezone)).time() >= MORNING:
            while some := _remind_some(company, at):
                told += some
    return told


def _due(until: date, at: datetime) -> QuerySet[PaymentPromise]:
    rows = PaymentPromise.objects.filter(promised_on__range=(at.date() - MADE_UP_FOR, until), reminded_at=None)
    return rows.filter(somebody_follows("visit__"))


@transaction.atomic
def _remind_some(company: Company, at: datetime) -> int:
    due: Any = _due(today_in(company.timezone, at), at).filter(company=company, visit__deleted_at=None)
    rows = due.select_related("visit__customer", "visit__owner", "answer").select_for_update(
        of=("self",), skip_locked=True
    )
    promises = list(rows.order_by("promised_on", "pk")[:AT_ONCE])
    show_to_who_follows(promise.visit for promise in promises)
    facts = [
        (
            promise.visit,
            {
                "customer": promise.visit.customer.name,
                "amount": f"{promise.amount} {promise.currency}",
                "text": promise.answer.value["note"],
            },
        )
        for promise in promises
    ]
    events.record_many("visit.promise_due", facts, actor=Actor.system(company.pk), at=at)
    PaymentPromise.objects.filter(pk__in=[promise.pk for promise in promises]).update(reminded_at=at)
    return len(promises)
