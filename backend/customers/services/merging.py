"""Two entries of one customer become one; the recycle bin takes that back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.customers import around
from backend.customers.charge import customer_in_charge
from backend.customers.errors import CreditCodeTaken, SameCustomer
from backend.customers.finding import find_again
from backend.customers.models import Contact, CoOwner, Customer, CustomerPlace, Merge, MergedRow
from backend.documents import services as documents
from backend.documents import sharing
from backend.documents.holdings import hide
from backend.documents.models import Document, Share
from backend.events import services as events

FILLED = ("level", "type", "source", "phone", "credit_code", "address")
PARTS: dict[str, type[Contact] | type[CustomerPlace]] = {"contacts": Contact, "places": CustomerPlace}
SHOWN = "shown"
"""Kind of the rows that name people who were shown only the merged one."""
AT_ONCE = 5000


@transaction.atomic
def merge_customers(*, actor: Actor, kept_id: UUID, merged_id: UUID, at: datetime) -> Customer:
    """Everything of `merged` follows to `kept`, which is filled in where it said nothing; `merged` goes to the bin.

    Its owner becomes a co-owner, so that nobody loses sight of it. Twice is once. The actor answers for both; raises
    NotInCharge, SameCustomer.
    """
    actor.require("customer.write")
    if kept_id == merged_id:
        raise SameCustomer()
    if Merge.objects.filter(kept_id=kept_id, merged_id=merged_id, company_id=actor.company_id, undone_at=None).exists():
        return customer_in_charge(actor, kept_id)
    locked = {pk: customer_in_charge(actor, pk) for pk in sorted((kept_id, merged_id))}
    kept, merged = locked[kept_id], locked[merged_id]
    merge = Merge.objects.create(
        company_id=actor.company_id, kept=kept, merged=merged, merged_by_id=actor.employee_id, merged_at=at
    )
    counts = {}
    for kind, model in _followers():
        if ids := _point_to(model, kept.pk, model._default_manager.filter(customer_id=merged.pk), at):
            counts[kind] = len(ids)
            _note(merge, kind, ids)
    _fill(merge, kept, merged)
    merged.change(deleted_at=at, merged_into=kept)
    kept.change(**merge.filled, tags=sorted({*kept.tags, *merged.tags}), details={**merged.details, **kept.details})
    find_again(kept)
    _keep_in_sight(merge, kept, merged)
    merge.save(update_fields=["filled", "co_owner"])
    told = {"other": str(merged.pk), "other_code": merged.code, "other_name": merged.name, "counts": counts}
    events.record("customer.merged", kept, actor=actor, at=at, filled=sorted(merge.filled), **told)
    events.record("customer.merged_into", merged, actor=actor, at=at, other=str(kept.pk), other_name=kept.name)
    return kept


@transaction.atomic
def restore_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Out of the recycle bin, whole. One that was merged takes back what followed it, unless that has gone on since.

    Twice is once. Raises NotFound, NotInCharge; CreditCodeTaken where another customer has its code by now.
    """
    actor.require("customer.write")
    found = Customer.objects.filter(pk=customer_id, company_id=actor.company_id).first()
    if found is None or not found.in_charge(actor):
        raise NotFound()
    ids = sorted(filter(None, (found.pk, found.merged_into_id)))
    rows = Customer.objects.select_for_update(of=("self",)).select_related("owner").filter(pk__in=ids).order_by("pk")
    locked = {row.pk: row for row in rows}
    customer = locked[found.pk]
    if customer.deleted_at is None:
        return customer
    if customer.merged_into_id is not None:
        merge = Merge.objects.get(merged=customer, undone_at=None)
        _part(merge, locked[customer.merged_into_id], customer, actor, at)
    try:
        with transaction.atomic():
            customer.change(merged_into=None)
            documents.restore(actor=actor, document=customer, at=at)
    except IntegrityError as exc:
        raise CreditCodeTaken() from exc
    find_again(customer)
    return customer


@transaction.atomic
def follow_late(*, company_id: UUID, since: datetime, at: datetime) -> int:
    """What was on its way to a merged customer when the merge committed follows now; how many rows did."""
    moved = 0
    for merge in Merge.objects.filter(company_id=company_id, undone_at=None, merged_at__gte=since).order_by("pk"):
        for kind, model in _followers():
            ids = _point_to(model, merge.kept_id, model._default_manager.filter(customer_id=merge.merged_id), at)
            _note(merge, kind, ids)
            moved += len(ids)
    return moved


def _part(merge: Merge, kept: Customer, merged: Customer, actor: Actor, at: datetime) -> None:
    for kind, model in _followers():
        ids = merge.rows.filter(kind=kind).values_list("row_id", flat=True)
        _point_to(model, merged.pk, model._default_manager.filter(pk__in=ids, customer_id=kept.pk), at)
    emptied = {name: "" for name, value in merge.filled.items() if name in FILLED and getattr(kept, name) == value}
    place = {name: merge.filled.get(name) for name in ("lat", "lng")}
    if place["lat"] is not None and (kept.lat, kept.lng) == (place["lat"], place["lng"]):
        kept.change(lat=None, lng=None)
    if emptied:
        kept.change(**emptied)
    if merge.co_owner_id is not None:
        CoOwner.objects.filter(customer=kept, employee_id=merge.co_owner_id).delete()
        hide([(Customer._meta.label_lower, kept.pk)], merge.co_owner_id)
    shown = merge.rows.filter(kind=SHOWN).values_list("row_id", flat=True)
    Share.objects.filter(
        document_type=Customer._meta.label_lower, document_id=kept.pk, employee_id__in=list(shown)
    ).delete()
    find_again(kept)
    merge.undone_at = at
    merge.save(update_fields=["undone_at"])
    events.record("customer.parted", kept, actor=actor, at=at, other=str(merged.pk), other_name=merged.name)


def _followers() -> list[tuple[str, Any]]:
    facets: list[tuple[str, Any]] = [(facet.key, facet.model) for facet in around.registered()]
    return [*facets, *PARTS.items()]


def _point_to(model: Any, customer_id: UUID, rows: Any, at: datetime) -> list[UUID]:
    """Which rows have another customer now; documents of them have another version too."""
    ids = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    more = {"version": F("version") + 1, "updated_at": at} if issubclass(model, Document) else {}
    for start in range(0, len(ids), AT_ONCE):
        model._default_manager.filter(pk__in=ids[start : start + AT_ONCE]).update(customer_id=customer_id, **more)
    return ids


def _note(merge: Merge, kind: str, ids: Iterable[UUID]) -> None:
    rows = (MergedRow(company_id=merge.company_id, merge=merge, kind=kind, row_id=pk) for pk in ids)
    MergedRow.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)


def _fill(merge: Merge, kept: Customer, merged: Customer) -> None:
    names = [name for name in FILLED if not getattr(kept, name) and getattr(merged, name)]
    if kept.place is None and merged.place is not None:
        names += ["lat", "lng"]
    merge.filled = {name: getattr(merged, name) for name in names}


def _keep_in_sight(merge: Merge, kept: Customer, merged: Customer) -> None:
    """Whoever was shown the merged one, for a plan or for good, is shown the one that stands for it."""
    kind = Customer._meta.label_lower
    shares = {one.employee_id: one.until for one in Share.objects.filter(document_type=kind, document_id=merged.pk)}
    there = set(Share.objects.filter(document_type=kind, document_id=kept.pk).values_list("employee_id", flat=True))
    sharing.show(
        company_id=kept.company_id, kind=kind, shown=[(kept.pk, person, until) for person, until in shares.items()]
    )
    _note(merge, SHOWN, shares.keys() - there)
    if merged.owner_id is None or merged.owner_id == kept.owner_id:
        return
    _, new = CoOwner.objects.get_or_create(
        customer=kept, employee_id=merged.owner_id, defaults={"company_id": kept.company_id}
    )
    if new:
        kept.show_to([merged.owner_id])
        merge.co_owner_id = merged.owner_id
