"""How far a visit has come with the actions of its template; asked by whoever closes it, answers, or looks at it."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from backend.visits.models import ActionAnswer, PaymentPromise, Visit
from backend.visits.rules.actions import Action, Given, Kind, State, states


class Progress(NamedTuple):
    actions: Sequence[Action]
    """Of the version that the visit follows; none where it follows none."""
    answers: Mapping[str, Mapping[str, Any]]
    """By key: value, answered_at and is_late."""
    photos: Mapping[str, int]
    """By tag, how many are not refused."""
    late: Set[str]
    """Tags of which one of these came after the visit was over."""
    states: Mapping[str, State]

    @classmethod
    def read(cls, actions: str | None, answers: str | None, photos: str | None) -> "Progress":
        """From JSON as the database wrote it."""
        asked: list[dict[str, Any]] = json.loads(actions or "[]")
        rows, tagged = json.loads(answers or "{}"), json.loads(photos or "{}")
        numbers = {tag: row["number"] for tag, row in tagged.items()}
        given = Given({key: row["value"] for key, row in rows.items()}, numbers)
        return cls(asked, rows, numbers, {tag for tag, row in tagged.items() if row["late"]}, states(asked, given))

    @property
    def missing(self) -> list[str]:
        return [key for key, state in self.states.items() if state == State.MISSING]

    def steps(self, *, amounts: bool) -> Iterator[dict[str, Any]]:
        """Each action with how it stands, as clients are shown it; `amounts`: with those of promises."""
        for action in self.actions:
            row = self.answers.get(action["key"])
            value = row["value"] if row else None
            if value and action["kind"] == Kind.PAYMENT and not amounts:
                value = {**value, "amount": None}
            tag = action["photo"] and action["photo"]["tag"]
            yield {
                **action,
                "state": self.states[action["key"]],
                "answer": {action["kind"]: value} if row else None,
                "answered_at": row["answered_at"] if row else None,
                "is_late": bool(row and row["is_late"]) or tag in self.late,
                "photos": self.photos.get(tag, 0) if tag else None,
            }


NONE = Progress((), {}, {}, frozenset(), {})
LATE_FOR = timedelta(hours=72)
"""So long after a visit is over its owner may still send what his phone held back."""
ANSWERS = """SELECT json_object_agg(answer.key, json_build_object(
        'value', answer.value, 'answered_at', answer.answered_at, 'is_late', answer.is_late))
    FROM visits_actionanswer answer WHERE answer.visit_id = {visit}"""
IS_PHOTO = "file.status <> 'refused' AND starts_with(file.content_type, 'image/')"
PHOTOS = f"""SELECT json_object_agg(tagged.tag, json_build_object('number', tagged.number, 'late', tagged.late)) FROM (
    SELECT photo.tag, count(*) AS number, bool_or(photo.is_late) AS late FROM visits_visitphoto photo
    JOIN files_attachment file ON file.id = photo.attachment_id
    WHERE photo.visit_id = {{visit}} AND {IS_PHOTO} GROUP BY photo.tag) tagged"""  # noqa: S608
_READ = f"""
    SELECT version.actions::text, ({ANSWERS})::text, ({PHOTOS})::text
    FROM visits_templateversion version WHERE version.id = %(version)s
""".format(visit="%(visit)s")  # noqa: S608


def of(visit: Visit) -> Progress:
    """As it stands in the caller's transaction; one query, and none for a visit without a template."""
    if visit.template_version_id is None:
        return NONE
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"visit": visit.pk, "version": visit.template_version_id})
        row = cursor.fetchone()
    return Progress.read(*row)


def may_come_late(visit: Visit, at: datetime) -> bool:
    """Whether what answers a visit that is over still comes in time."""
    return visit.checked_out_at is not None and at - visit.checked_out_at <= LATE_FOR


def keep_in_step(visit: Visit) -> Progress:
    """After an answer or a photo came or went: which answers count, what is promised, what a visit that is over lacks.

    The caller holds the visit's lock, and saves `missing_actions` with what else he changes.
    """
    now = of(visit)
    if now.answers:
        for answer in ActionAnswer.objects.filter(visit=visit):
            counts = now.states.get(answer.key) == State.DONE
            if answer.counts != counts:
                answer.counts = counts
                answer.save(update_fields=["counts"])
            if answer.kind == Kind.PAYMENT:
                _keep_promise(answer)
    visit.missing_actions = now.missing if visit.status == Visit.Status.COMPLETED else []
    return now


def _keep_promise(answer: ActionAnswer) -> None:
    """The row that somebody is reminded by; another day is another reminder."""
    promise = PaymentPromise.objects.filter(answer=answer).first()
    if not answer.counts:
        if promise:
            promise.delete()
        return
    promise = promise or PaymentPromise(company_id=answer.company_id, visit_id=answer.visit_id, answer=answer)
    money, promised_on = answer.value["amount"], answer.value["promised_on"]
    if str(promise.promised_on) != promised_on:
        promise.reminded_at = None
    promise.amount, promise.currency, promise.promised_on = Decimal(money["amount"]), money["currency"], promised_on
    promise.save()
