"""What belongs to a customer: its contacts and its further places."""

from datetime import datetime
from typing import Any, TypedDict, TypeVar
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused, NotFound
from backend.core.geo import to_wgs84
from backend.core.ids import new_id
from backend.customers.charge import customer_in_charge
from backend.customers.errors import TooManyPlaces
from backend.customers.finding import find_again
from backend.customers.models import DEFAULT_GEOFENCE_M, Contact, Customer, CustomerPlace
from backend.customers.services.keeping import Place as Point
from backend.documents.once import fingerprint
from backend.events import services as events

P = TypeVar("P", Contact, CustomerPlace)
MOST_PLACES = 50
"""Of one customer, beside its own: a check-in looks at them all."""


class ContactChanges(TypedDict, total=False):
    name: str
    position: str
    phone: str
    email: str


class PlaceChanges(TypedDict, total=False):
    name: str
    address: str
    place: Point
    geofence_m: int


@transaction.atomic
def add_contact(
    *,
    actor: Actor,
    customer_id: UUID,
    id: UUID | None = None,
    name: str,
    position: str = "",
    phone: str = "",
    email: str = "",
    at: datetime,
) -> tuple[Contact, bool]:
    """The new contact and True; sent again, the stored one and False. Raises IdReused."""
    customer = customer_in_charge(actor, customer_id)
    contact = Contact(
        id=id or new_id(),
        company_id=actor.company_id,
        customer=customer,
        name=name,
        position=position,
        phone=phone,
        email=email,
        created_at=at,
    )
    if stored := Contact.objects.filter(pk=contact.pk).first():
        if any(getattr(stored, field) != getattr(contact, field) for field in Contact.CONTENT):
            raise IdReused()
        return stored, False
    contact.save(force_insert=True)
    find_again(customer)
    events.record("customer.contact_added", customer, actor=actor, at=at, contact=str(contact.pk), name=name)
    return contact, True


@transaction.atomic
def change_contact(
    *, actor: Actor, customer_id: UUID, contact_id: UUID, changes: ContactChanges, at: datetime
) -> Contact:
    """Twice is once. How somebody is reached stays out of the history."""
    customer = customer_in_charge(actor, customer_id)
    contact = _part(Contact, customer, contact_id)
    changed = {name: value for name, value in changes.items() if getattr(contact, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(contact, name, value)
        contact.save(update_fields=list(changed))
        find_again(customer)
        told = {"contact": str(contact.pk), "name": contact.name, "changed": sorted(changed)}
        events.record("customer.contact_changed", customer, actor=actor, at=at, **told)
    return contact


@transaction.atomic
def remove_contact(*, actor: Actor, customer_id: UUID, contact_id: UUID, at: datetime) -> None:
    """For good: a person who is no longer there has a right to be forgotten. Twice is once."""
    customer = customer_in_charge(actor, customer_id)
    contact = Contact.objects.filter(pk=contact_id, customer=customer).first()
    if contact is not None:
        contact.delete()
        find_again(customer)
        told = {"contact": str(contact_id), "name": contact.name}
        events.record("customer.contact_removed", customer, actor=actor, at=at, **told)


@transaction.atomic
def add_place(
    *,
    actor: Actor,
    customer_id: UUID,
    id: UUID | None = None,
    name: str,
    address: str = "",
    place: Point,
    geofence_m: int = DEFAULT_GEOFENCE_M,
    at: datetime,
) -> tuple[CustomerPlace, bool]:
    """The new place and True; sent again, the stored one and False. Raises IdReused, TooManyPlaces."""
    customer = customer_in_charge(actor, customer_id)
    stamp = fingerprint({"customer": customer_id, "name": name, "address": address, "place": place, "m": geofence_m})
    if id is not None and (stored := CustomerPlace.objects.filter(pk=id).first()):
        if stored.customer_id != customer.pk or bytes(stored.created_from) != stamp:
            raise IdReused()
        return stored, False
    if customer.places.count() >= MOST_PLACES:
        raise TooManyPlaces(limit=MOST_PLACES)
    lat, lng = to_wgs84(**place)
    made = CustomerPlace.objects.create(
        id=id or new_id(),
        company_id=actor.company_id,
        customer=customer,
        name=name,
        address=address,
        lat=lat,
        lng=lng,
        geofence_m=geofence_m,
        created_from=stamp,
        created_at=at,
    )
    customer.change()
    events.record("customer.place_added", customer, actor=actor, at=at, place=str(made.pk), after=_told(made))
    return made, True


@transaction.atomic
def change_place(
    *, actor: Actor, customer_id: UUID, place_id: UUID, changes: PlaceChanges, at: datetime
) -> CustomerPlace:
    """Twice is once."""
    customer = customer_in_charge(actor, customer_id)
    place = _part(CustomerPlace, customer, place_id)
    columns: dict[str, Any] = {name: value for name, value in changes.items() if name != "place"}
    if "place" in changes:
        columns["lat"], columns["lng"] = to_wgs84(**changes["place"])
    before = _told(place)
    for name, value in columns.items():
        setattr(place, name, value)
    if (after := _told(place)) != before:
        place.save(update_fields=list(columns))
        customer.change()
        told = {"place": str(place.pk), "before": before, "after": after}
        events.record("customer.place_changed", customer, actor=actor, at=at, **told)
    return place


@transaction.atomic
def remove_place(*, actor: Actor, customer_id: UUID, place_id: UUID, at: datetime) -> None:
    """Twice is once; the history keeps where it was."""
    customer = customer_in_charge(actor, customer_id)
    place = CustomerPlace.objects.filter(pk=place_id, customer=customer).first()
    if place is not None:
        place.delete()
        customer.change()
        told = {"place": str(place_id), "before": _told(place)}
        events.record("customer.place_removed", customer, actor=actor, at=at, **told)


def _part(model: type[P], customer: Customer, pk: UUID) -> P:
    """Raises NotFound for what is of another customer."""
    parts: Any = model._default_manager
    found: P | None = parts.filter(pk=pk, customer=customer).select_for_update().first()
    if found is None:
        raise NotFound()
    return found


def _told(place: CustomerPlace) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("name", "address", "lat", "lng", "geofence_m")}
