"""What proves that somebody was there: positions, times and photos."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from backend.core.actor import Actor
from backend.core.geo import CRS, distance_m, to_wgs84
from backend.directory.selectors import timezone_of
from backend.documents.once import fingerprint
from backend.events import services as events
from backend.files import services as files
from backend.files.models import Attachment
from backend.files.rules import is_image
from backend.files.selectors import get_attachment
from backend.visits import progress, rules
from backend.visits.errors import (
    ActionsMissing,
    AlreadyCheckedIn,
    AnotherVisitOpen,
    AnswersClosed,
    ConsentRequired,
    EnoughPhotos,
    PhotoTagged,
    VisitCancelled,
    VisitNotOpen,
)
from backend.visits.models import CheckInSample, Visit, VisitPhoto, VisitPolicy
from backend.visits.own import finish_plan, own_visit, visit_to_check_in
from backend.visits.selectors import hot

REMEMBERED_CHECK_INS = 20
"""A device is new if none of this many last check-ins of the employee came from it."""


class Sample(TypedDict):
    """A position as the phone reports it."""

    lat: float
    lng: float
    accuracy_m: float
    crs: CRS
    fixed_at: datetime
    source: str


@transaction.atomic
def check_in(
    *,
    actor: Actor,
    visit_id: UUID,
    samples: Sequence[Sample],
    captured_at: datetime | None = None,
    sent_at: datetime | None = None,
    device_id: str,
    at: datetime,
) -> Visit:
    """Open the visit and store the evidence with its verdict; doubtful evidence is never refused.

    `captured_at` is the phone's clock at the tap; without it the phone is taken to agree with ours. `sent_at` is the
    same clock at sending, by which what was kept back is told from a clock that is off. The same check-in sent again
    returns the present state. Raises AlreadyCheckedIn for another one, AnotherVisitOpen with the id of the
    visit to check out of, VisitCancelled, ConsentRequired with the id of the text.
    """
    visit, terms = visit_to_check_in(actor, visit_id, at=at)
    sent = fingerprint({"samples": list(samples), "captured_at": captured_at, "device_id": device_id})
    if visit.checked_in_at is not None:
        if bytes(visit.checked_in_from or b"") != sent:
            raise AlreadyCheckedIn()
        return visit
    if visit.status == Visit.Status.CANCELLED:
        raise VisitCancelled()
    if terms.consent_to is not None:
        raise ConsentRequired(text_id=terms.consent_to)
    recent = hot.recent_check_ins(actor=actor, limit=REMEMBERED_CHECK_INS)
    if still_open := next((earlier for earlier in recent if earlier.status == Visit.Status.OPEN), None):
        raise AnotherVisitOpen(visit_id=still_open.id)
    rows = _stored(visit, CheckInSample.Stage.CHECK_IN, samples)
    captured_at = captured_at or at
    kept_back_s = _kept_back_s(captured_at, sent_at)
    fixes = [rules.Fix(row.wgs84_lat, row.wgs84_lng, row.accuracy_m, row.fixed_at) for row in rows]
    finding = rules.judge(
        fixes,
        target=_target(visit, rules.best_of(fixes, captured_at=captured_at, limits=terms.limits)),
        earlier=_earlier(recent),
        known_device=not recent or any(earlier.device_id == device_id for earlier in recent),
        captured_at=captured_at,
        at=at,
        kept_back_s=kept_back_s,
        photo_bits=terms.photo_bits,
        limits=terms.limits,
    )
    visit.change(
        status=Visit.Status.OPEN,
        started_at=at,
        template_version_id=terms.template_version,
        checked_in_at=at,
        checked_in_from=sent,
        captured_at=captured_at,
        skew_s=(at - captured_at).total_seconds() - kept_back_s,
        kept_back_s=kept_back_s,
        device_id=device_id,
        lat=finding.best.lat,
        lng=finding.best.lng,
        accuracy_m=finding.best.accuracy_m,
        distance_m=finding.distance_m,
        verdict=finding.verdict,
        reasons=[reason.as_json() for reason in finding.reasons],
    )
    events.record(
        "visit.checked_in",
        visit,
        actor=actor,
        at=at,
        verdict=finding.verdict,
        reasons=[reason.code for reason in finding.reasons],
        customer=visit.customer.name,
    )
    return visit


@transaction.atomic
def check_out(
    *,
    actor: Actor,
    visit_id: UUID,
    samples: Sequence[Sample] = (),
    captured_at: datetime | None = None,
    sent_at: datetime | None = None,
    at: datetime,
) -> Visit:
    """Complete the visit, and its plan. Twice is once; raises VisitNotOpen before check-in and after cancelling,
    ActionsMissing with the keys of required actions that are not done.

    `captured_at` and `sent_at` as at check-in. Where the night has closed the visit while the phone kept this back, it
    takes the night's place within progress.LATE_FOR; what was tapped only after that night changes nothing any more.

    Positions sent by somebody who has taken his consent back meanwhile, or was asked anew, are not kept, nor any that
    come after the visit's have been made coarse.
    """
    visit, terms = visit_to_check_in(actor, visit_id, at=at)
    kept_back_s = _kept_back_s(captured_at, sent_at)
    if visit.checked_out_at is not None:
        by_night = visit.closed_by == Visit.ClosedBy.SYSTEM
        left_at = at - timedelta(seconds=kept_back_s)
        if not by_night or left_at >= visit.checked_out_at or not progress.may_come_late(visit, at):
            return visit
    elif visit.status != Visit.Status.OPEN:
        raise VisitNotOpen()
    if missing := progress.of(visit).missing:
        raise ActionsMissing(actions=missing)
    may_be_kept = terms.consent_to is None and not _is_coarse(visit)
    _stored(visit, CheckInSample.Stage.CHECK_OUT, samples if may_be_kept else ())
    visit.change(
        status=Visit.Status.COMPLETED,
        checked_out_at=at,
        check_out_kept_back_s=kept_back_s,
        closed_by=Visit.ClosedBy.OWNER,
    )
    finish_plan(visit)
    events.record(
        "visit.checked_out",
        visit,
        actor=actor,
        at=at,
        customer=visit.customer.name,
        minutes=visit.minutes,
        summary=visit.summary,
    )
    return visit


@transaction.atomic
def add_photo(
    *, actor: Actor, visit_id: UUID, attachment_id: UUID, tag: str = "", at: datetime
) -> tuple[VisitPhoto, bool]:
    """Attach the file and ask for its watermark: server time, customer and place, employee.

    The new photo and True; sent again, the stored one and False. One for an action of a visit that is over is marked
    late. Raises PhotoTagged under another tag, EnoughPhotos where the template wants no more of this tag, AnswersClosed
    once the visit has been over for progress.LATE_FOR.
    """
    visit = own_visit(actor, visit_id)
    if visit.status == Visit.Status.CANCELLED:
        raise VisitCancelled()
    attachment = get_attachment(actor=actor, attachment_id=attachment_id)
    late = _comes_late(visit, attachment, tag, at)
    photo, created = VisitPhoto.objects.select_related("attachment").get_or_create(
        visit=visit,
        attachment=attachment,
        defaults={"company_id": visit.company_id, "tag": tag, "is_late": late, "created_at": at},
    )
    if photo.tag != tag:
        raise PhotoTagged()
    if created:
        progress.keep_in_step(visit)
        visit.change(missing_actions=visit.missing_actions)
        events.record("visit.photo_added", visit, actor=actor, at=at, file=str(attachment_id), tag=tag, late=late)
        files.caption(actor=actor, attachment_id=attachment_id, lines=_watermark(visit, at), at=at)
    return photo, created


def _comes_late(visit: Visit, attachment: Attachment, tag: str, at: datetime) -> bool:
    """Whether it is for an action of a visit that is over. Raises EnoughPhotos, AnswersClosed."""
    if not is_image(attachment.content_type):
        return False
    there = progress.of(visit)
    rules_of_tag = (action["photo"] for action in there.actions if action["photo"] and action["photo"]["tag"] == tag)
    wanted = next(rules_of_tag, None)
    if wanted is None:
        return False
    late = visit.status == Visit.Status.COMPLETED
    closed = late and not progress.may_come_late(visit, at)
    enough = there.photos.get(tag, 0) >= wanted["maximum"]
    if (closed or enough) and not VisitPhoto.objects.filter(visit=visit, attachment=attachment).exists():
        raise AnswersClosed() if closed else EnoughPhotos(tag=tag, maximum=wanted["maximum"])
    return late


def _earlier(recent: Sequence[hot.CheckInRow]) -> rules.Earlier | None:
    if not recent:
        return None
    last = recent[0]
    return rules.Earlier(last.lat, last.lng, last.accuracy_m, last.came_at)


def _kept_back_s(captured_at: datetime | None, sent_at: datetime | None) -> float:
    """Nothing, where the phone does not say or its clock was put back meanwhile."""
    if captured_at is None or sent_at is None:
        return 0.0
    return max(0.0, (sent_at - captured_at).total_seconds())


def _is_coarse(visit: Visit) -> bool:
    """Only one that is over can be."""
    passed = VisitPolicy.objects.filter(company_id=visit.company_id, coarse_until__gte=visit.started_at)
    return visit.checked_out_at is not None and passed.exists()


def _target(visit: Visit, fix: rules.Fix) -> rules.Target | None:
    """Of the customer's places the one whose fence the fix is nearest to or deepest in."""

    def beyond(target: rules.Target) -> float:
        return distance_m(fix.lat, fix.lng, target.lat, target.lng) - target.geofence_m

    return min((rules.Target(*place) for place in visit.customer.all_places), key=beyond, default=None)


def _stored(visit: Visit, stage: str, samples: Sequence[Sample]) -> list[CheckInSample]:
    rows = []
    for sample in samples:
        lat, lng = to_wgs84(sample["lat"], sample["lng"], sample["crs"])
        rows.append(
            CheckInSample(company_id=visit.company_id, visit=visit, stage=stage, wgs84_lat=lat, wgs84_lng=lng, **sample)
        )
    return CheckInSample.objects.bulk_create(rows)


def _watermark(visit: Visit, at: datetime) -> list[str]:
    zone = ZoneInfo(timezone_of(company_id=visit.company_id))
    place = visit.customer.address or (f"{visit.lat:.5f}, {visit.lng:.5f}" if visit.lat is not None else "")
    lines = [f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}", visit.customer.name, place, visit.owner.name]
    return [line for line in lines if line]
