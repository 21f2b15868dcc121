"""Photos that were used before, by anybody of the company for another visit: a verdict may change when one is found."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from backend.core.actor import Actor
from backend.directory.guards import hold_company
from backend.directory.models import Employee
from backend.events import services as events
from backend.events.models import Event
from backend.files.models import Attachment
from backend.visits import rules
from backend.visits.models import Visit, VisitPhoto
from backend.visits.selectors import terms
from backend.visits.services import nights

MOST_BITS = int(rules.RANGES["photo_bits"].most)
CONSUMER = "visits"
HEARD = ("file.ready", "visit.photo_added")
"""Whichever comes last finds the photo both verified and attached."""


@transaction.atomic
def handle(event: Event) -> None:
    """Of an event of HEARD; any number of times, in any order."""
    attachment_id = event.subject_id if event.name == "file.ready" else UUID(event.data["file"])
    compare(attachment_id=attachment_id, company_id=event.company_id, at=event.at)
    nights.coarsen_late(attachment_id=attachment_id, company_id=event.company_id, at=event.at)


@transaction.atomic
def compare(*, attachment_id: UUID, company_id: UUID, at: datetime) -> None:
    """Find earlier and later photos like this one, if it is verified and hangs on a visit; the later one is the copy.

    One at a time in a company: of two copies that arrive at once, the second must see the first.
    """
    mine = VisitPhoto.objects.filter(company_id=company_id, attachment_id=attachment_id).select_related("attachment")
    if not mine.filter(attachment__status=Attachment.Status.READY).exists():
        return
    system = Actor.system(company_id)
    hold_company(system)
    copies: set[UUID] = set()
    for photo in mine:
        copies |= _compare(photo)
    _doubt(system, copies, at)


def _compare(photo: VisitPhoto) -> set[UUID]:
    """Note likenesses at this photo and at later ones; the visits of those that turned out to be copies."""
    if photo.bands is None:
        photo.bands = _bands(photo.attachment)
        photo.save(update_fields=["bands"])
    copies = set()
    for other in _candidates(photo):
        bits = _bits(photo.attachment, other.attachment)
        if bits is None or bits > MOST_BITS:
            continue
        copy = max(photo, other, key=lambda one: (one.created_at, one.pk))
        if copy.copied_bits is None or bits < copy.copied_bits:
            copy.copied_bits = bits
            copy.save(update_fields=["copied_bits"])
            copies.add(copy.visit_id)
    return copies


def _candidates(photo: VisitPhoto) -> Iterable[VisitPhoto]:
    """Photos of other visits with the same bytes, or with a band in common; no other can be near enough."""
    others: QuerySet[VisitPhoto] = VisitPhoto.objects.filter(
        company_id=photo.company_id, attachment__status=Attachment.Status.READY
    )
    others = others.exclude(visit_id=photo.visit_id).select_related("attachment")
    found = {other.pk: other for other in others.filter(attachment__sha256=photo.attachment.sha256)}
    if photo.bands:
        found |= {other.pk: other for other in others.filter(bands__overlap=photo.bands)}
    return found.values()


def _bits(one: Attachment, other: Attachment) -> int | None:
    if one.sha256 == other.sha256:
        return 0
    if one.phash is None or other.phash is None:
        return None
    return rules.distance_bits(one.phash, other.phash)


def _bands(attachment: Attachment) -> list[int]:
    told = attachment.phash is not None and rules.tells_apart(attachment.phash)
    return rules.bands_of(attachment.phash) if told and attachment.phash is not None else []


def _doubt(system: Actor, visit_ids: set[UUID], at: datetime) -> None:
    """Add the reason to check-ins that stand; one that is still to come finds it itself (`own.visit_to_check_in`).

    Their owners' rows first, as every check-in does, so that none slips through between. An acceptance that was given
    before this was known is void, and the visit waits for review again.
    """
    limits = terms.policy_of(company_id=system.company_id, at=at).in_force
    visits = Visit.objects.filter(pk__in=visit_ids)
    list(Employee.objects.filter(pk__in=visits.values("owner_id")).order_by("pk").select_for_update(no_key=True))
    for visit in visits.select_related("customer").order_by("pk").select_for_update(of=("self",)):
        bits = visit.photos.aggregate(least=Min("copied_bits"))["least"]
        reason = rules.copied(bits, limits)
        if reason is None or not visit.verdict:
            continue
        others = [given for given in visit.reasons if given["code"] != reason.code]
        reasons = [*others, reason.as_json()]
        before = {"verdict": visit.verdict, "decision": visit.decision}
        changed: dict[str, Any] = {
            "reasons": reasons,
            "verdict": rules.verdict_of([given["code"] for given in reasons]),
        }
        if visit.decision == Visit.Decision.ACCEPTED and len(others) == len(visit.reasons):
            changed |= {"decision": "", "decision_reason": "", "decided_by_id": None, "decided_at": None}
        visit.change(**changed)
        events.record(
            "visit.doubted",
            visit,
            actor=system,
            at=at,
            before=before,
            verdict=visit.verdict,
            reasons=[given["code"] for given in reasons],
            customer=visit.customer.name,
        )
