"""Standing delegations (委托). The company's row is locked first, so that what must not meet never does."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import IdReused, Invalid, NotFound
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.directory import kinds
from backend.directory.models import Company, Employee
from backend.directory.models.delegations import Delegation
from backend.directory.standing_in import HasLeft, NotInChargeOf, arranges_for, conflict_of, get_delegation
from backend.events import services as events

End = Delegation.End


class ToOneself(Invalid):
    code = "delegate_is_giver"
    message = bilingual("不能委托给本人。", "Nobody stands in for himself.")


class DatesReversed(Invalid):
    code = "ends_before_start"
    message = bilingual("结束日期早于开始日期。", "The last day is before the first.")


class OverAlready(Invalid):
    code = "delegation_over"
    message = bilingual("结束日期已过。", "The last day is over already.")


class UnknownKind(Invalid):
    code = "unknown_document_type"
    message = bilingual("没有这种审批单据。", "Documents of this kind are not approved here.")


@transaction.atomic
def delegate(
    *,
    actor: Actor,
    id: UUID | None = None,
    giver_id: UUID | None = None,
    delegate_id: UUID,
    from_on: date,
    to_on: date,
    document_types: Collection[str] = (),
    reason: str = "",
    at: datetime,
) -> tuple[Delegation, bool]:
    """From the first to the last day, both included, in the company's time zone: the new delegation and True; sent
    again, the stored one and False. By the giver himself, his superior or an administrator.

    Raises IdReused, NotFound, NotInChargeOf, HasLeft, ToOneself, DatesReversed, OverAlready, UnknownKind, Overlaps,
    Circular.
    """
    company = lock_company(actor=actor)
    giver, stand_in = _people(actor, giver_id or actor.person_id, delegate_id)
    if giver.pk != actor.employee_id and not arranges_for(actor=actor, employee=giver):
        raise NotInChargeOf()
    made = Delegation(
        id=id or new_id(),
        company=company,
        giver=giver,
        delegate=stand_in,
        from_on=from_on,
        to_on=to_on,
        starts_at=clock.start_of(from_on, company.timezone),
        ends_at=clock.start_of(to_on + timedelta(days=1), company.timezone),
        document_types=sorted(set(document_types)),
        reason=reason,
        created_by_id=actor.employee_id,
        created_at=at,
    )
    if stored := Delegation.objects.select_related("giver", "delegate").filter(pk=made.pk).first():
        if any(getattr(stored, field) != getattr(made, field) for field in Delegation.CONTENT):
            raise IdReused()
        return stored, False
    _check(made, at)
    made.save(force_insert=True)
    events.record("delegation.given", made, actor=actor, at=at, before=None, after=_plain(made), **_named(made))
    return made, True


@transaction.atomic
def end(*, actor: Actor, delegation_id: UUID, at: datetime) -> Delegation:
    """Before its last day: by the giver, the delegate, or whoever arranges for the giver. Twice is once; one that is
    over stays as it is. Raises NotInChargeOf."""
    delegation = get_delegation(actor=actor, delegation_id=delegation_id, lock=True)
    mine = actor.employee_id in {delegation.giver_id, delegation.delegate_id}
    if not mine and not arranges_for(actor=actor, employee=delegation.giver):
        raise NotInChargeOf()
    if delegation.ended_at is None and at < delegation.ends_at:
        _end(actor, delegation, End.ENDED, at)
    return delegation


@transaction.atomic
def end_all_of(*, actor: Actor, employee_id: UUID, at: datetime) -> None:
    """Whoever leaves neither gives nor stands in any longer, not even when he is hired again."""
    living = Delegation.objects.filter(Q(giver_id=employee_id) | Q(delegate_id=employee_id))
    living = living.filter(company_id=actor.company_id, ended_at=None, ends_at__gt=at)
    for delegation in living.select_related("giver", "delegate").select_for_update(of=("self",)).order_by("pk"):
        _end(actor, delegation, End.LEFT, at)


@transaction.atomic(savepoint=False)
def lock_company(*, actor: Actor) -> Company:
    """Until the caller's transaction ends: delegations and handovers of one company come one after another."""
    return Company.objects.select_for_update(no_key=True).get(pk=actor.company_id)


def _people(actor: Actor, giver_id: UUID, delegate_id: UUID) -> tuple[Employee, Employee]:
    """Locked in sorted order, so that neither leaves meanwhile."""
    if giver_id == delegate_id:
        raise ToOneself(fields={"delegate_id": ToOneself.message})
    rows = Employee.objects.filter(pk__in=[giver_id, delegate_id], company_id=actor.company_id)
    found = {person.pk: person for person in rows.select_for_update(no_key=True).order_by("pk")}
    if len(found) < 2:
        raise NotFound()
    return found[giver_id], found[delegate_id]


def _check(made: Delegation, at: datetime) -> None:
    if made.to_on < made.from_on:
        raise DatesReversed(fields={"to_on": DatesReversed.message})
    if made.ends_at <= at:
        raise OverAlready(fields={"to_on": OverAlready.message})
    if unknown := kinds.unknown(made.document_types):
        raise UnknownKind(fields={"document_types": ", ".join(unknown)})
    if not (made.giver.is_active and made.delegate.is_active):
        raise HasLeft()
    if conflict := conflict_of(made):
        raise conflict


def _end(actor: Actor, delegation: Delegation, reason: Delegation.End, at: datetime) -> None:
    delegation.ended_at, delegation.end_reason = at, reason
    delegation.save(update_fields=["ended_at", "end_reason"])
    events.record(
        "delegation.ended",
        delegation,
        actor=actor,
        at=at,
        before={"ended_at": None},
        after={"ended_at": at.isoformat(), "end_reason": str(reason)},
        **_named(delegation),
    )


def _plain(delegation: Delegation) -> dict[str, object]:
    return {
        "giver_id": str(delegation.giver_id),
        "delegate_id": str(delegation.delegate_id),
        "from_on": str(delegation.from_on),
        "to_on": str(delegation.to_on),
        "document_types": delegation.document_types,
        "reason": delegation.reason,
    }


def _named(delegation: Delegation) -> dict[str, str]:
    """For the sentences of notifications."""
    return {
        "owner": delegation.giver.name,
        "name": delegation.delegate.name,
        "period": f"{delegation.from_on} – {delegation.to_on}",
    }
