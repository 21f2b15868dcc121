"""Carrying steps out, set by set, inside the caller's transaction that holds their customers."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.customers import rules
from backend.customers.finding import KEYED, SEARCH_COLUMNS
from backend.customers.models import Contact, CoOwner, Customer, CustomerPlace
from backend.customers.sheet.known import Known
from backend.customers.sheet.steps import Part, Step
from backend.directory.models import Department
from backend.documents import services as documents
from backend.documents.holdings import hide
from backend.documents.once import fingerprint
from backend.events import services as events

UPDATED = (
    "code", "name", "status", "level", "type", "source", "tags", "phone", "credit_code", "details", "address", "lat",
    "lng", "geofence_m", "owner_id", "department_id", "claimed_at", *sorted(SEARCH_COLUMNS), "version", "updated_at",
)  # fmt: skip
REACHES = {"phone", "email"}
"""Of contacts; never in the history."""


def carry_out(steps: Sequence[Step], known: Known, *, actor: Actor, at: datetime) -> None:
    """A dozen statements, however many steps. Raises IntegrityError where somebody took a code meanwhile."""
    new = [step for step in steps if step.customer is None]
    old = [step for step in steps if step.customer is not None]
    before = {step.customer.pk: _told(step.customer, step) for step in old if step.customer is not None}
    _number(new, {step.columns["code"] for step in steps if "code" in step.columns}, actor, at)
    for step in new:
        step.customer = Customer(id=new_id(), company_id=actor.company_id, **_ownership(step, actor))
    for step in new:
        _set(step, known, is_new=True)
    for step in old:
        _set(step, known, is_new=False)
    _part_from_co_owners([step for step in old if "owner_id" in step.columns])
    Customer.objects.bulk_create([_of(step) for step in new])
    if old:
        Customer.objects.bulk_create(
            [_of(step) for step in old],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[name.removesuffix("_id") for name in UPDATED],
        )
    _contacts(steps, actor, at)
    _places(steps, actor, at)
    made = ((_of(step), {"code": _of(step).code, "name": _of(step).name}) for step in new)
    events.record_many("customer.created", made, actor=actor, at=at)
    changed = ((_of(step), {"before": before[_of(step).pk], "after": _told(_of(step), step)}) for step in old)
    events.record_many("customer.changed", changed, actor=actor, at=at)


def _of(step: Step) -> Customer:
    assert step.customer is not None
    return step.customer


def _number(new: Sequence[Step], typed: set[str], actor: Actor, at: datetime) -> None:
    """For those without a code: the next of the series that nobody has typed by hand, before or in these rows."""
    waiting = [step for step in new if "code" not in step.columns]
    while waiting:
        numbers = documents.next_numbers(company_id=actor.company_id, series="C", count=len(waiting), at=at)
        rows = Customer.objects.filter(company_id=actor.company_id, code__in=numbers)
        taken = typed | set(rows.values_list("code", flat=True))
        free = [number for number in numbers if number not in taken]
        for step, number in zip(waiting, free, strict=False):
            step.columns["code"] = number
        waiting = waiting[len(free) :]


def _ownership(step: Step, actor: Actor) -> dict[str, Any]:
    """The importer's own, unless the row says otherwise; what nobody ever owned belongs to the whole company."""
    if "owner_id" not in step.columns:
        return {"owner_id": actor.person_id, "department_id": actor.home_id}
    if step.columns["owner_id"] is None:
        return {"department_id": Department.objects.get(company_id=actor.company_id, parent=None).pk}
    return {}


def _set(step: Step, known: Known, *, is_new: bool) -> None:
    customer = _of(step)
    if "owner_id" in step.columns and not is_new:
        step.columns["claimed_at"] = None
    for name, value in step.columns.items():
        setattr(customer, name, value)
    if not is_new:
        customer.version += 1
    if is_new or step.contacts or step.columns.keys() & set(KEYED):
        people = [(contact.name, contact.phone) for contact in _contacts_after(step, known)]
        keys = rules.search_keys(name=customer.name, code=customer.code, phone=customer.phone, contacts=people)
        for name, value in asdict(keys).items():
            setattr(customer, name, value)


def _contacts_after(step: Step, known: Known) -> Iterable[Contact]:
    there = {contact.pk: contact for contact in known.contacts.get(_of(step).pk, [])}
    for part in step.contacts:
        contact = part.row or Contact(id=new_id(), customer=_of(step))
        for name, value in part.columns.items():
            setattr(contact, name, value)
        assert isinstance(contact, Contact)
        part.row, there[contact.pk] = contact, contact
    return sorted(there.values(), key=lambda contact: contact.pk)


def _contacts(steps: Sequence[Step], actor: Actor, at: datetime) -> None:
    """`_set` has made or changed them."""
    touched = [part for step in steps for part in step.contacts]
    made = {part.row.pk for part in touched if part.row is not None and part.row._state.adding}
    _store(Contact, touched, actor, at)
    for name, added in (("customer.contact_added", True), ("customer.contact_changed", False)):
        told = [
            (_of(step), {"contact": str(part.row.pk), "name": part.row.name})
            for step in steps
            for part in step.contacts
            if part.row is not None and (part.row.pk in made) == added
        ]
        events.record_many(name, told, actor=actor, at=at)


def _places(steps: Sequence[Step], actor: Actor, at: datetime) -> None:
    touched = []
    for step in steps:
        for part in step.places:
            place = part.row or CustomerPlace(
                id=new_id(), customer=_of(step), created_from=fingerprint({"customer": _of(step).pk, **part.columns})
            )
            for name, value in part.columns.items():
                setattr(place, name, value)
            part.row = place
            touched.append(part)
    _store(CustomerPlace, touched, actor, at)


def _store(model: Any, parts: Sequence[Part], actor: Actor, at: datetime) -> None:
    new = [part.row for part in parts if part.row is not None and part.row._state.adding]
    for row in new:
        row.company_id, row.created_at = actor.company_id, at
    model._default_manager.bulk_create(new)
    names = {name for part in parts for name in part.columns}
    made = {row.pk for row in new}
    old = [part.row for part in parts if part.row is not None and part.row.pk not in made]
    if old:
        model._default_manager.bulk_update(old, sorted(names))


def _part_from_co_owners(steps: Sequence[Step]) -> None:
    """Whoever becomes the owner is no co-owner any longer, and in the pool there is none."""
    owners: dict[UUID, UUID | None] = {_of(step).pk: step.columns["owner_id"] for step in steps}
    for row in CoOwner.objects.filter(customer_id__in=owners):
        if owners[row.customer_id] in (None, row.employee_id):
            hide([(Customer._meta.label_lower, row.customer_id)], row.employee_id)
            row.delete()


def _told(customer: Customer, step: Step) -> dict[str, Any]:
    told = {name: getattr(customer, name) for name in sorted(step.columns) if name not in SEARCH_COLUMNS}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in told.items()}
