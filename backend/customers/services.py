from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, IdReused, NotFound
from backend.core.geo import CRS, to_wgs84
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers import rules
from backend.customers.models import DEFAULT_GEOFENCE_M, Contact, Customer
from backend.directory.models import Department, Employee
from backend.documents import services as documents
from backend.documents.once import Identity, create_once
from backend.events import services as events

SEARCH_COLUMNS = {field.name for field in fields(rules.SearchKeys)}


class CodeTaken(Conflict):
    code = "code_taken"
    message = bilingual("该客户编码已被使用。", "Another customer has this code.")


class AlreadyClaimed(Conflict):
    code = "already_claimed"
    message = bilingual("该客户已被他人领取。", "Someone else has claimed this customer.")


class NotInCharge(Forbidden):
    code = "not_in_charge"
    message = bilingual(
        "该客户不由您负责；公海客户请先领取。",
        "This customer is not yours. Claim it first if it is in the public pool.",
    )


class Place(TypedDict):
    lat: float
    lng: float
    crs: CRS


class Changes(TypedDict, total=False):
    """What a PATCH may change; an absent key leaves the field as it is."""

    code: str
    name: str
    status: str
    level: str
    phone: str
    address: str
    place: Place | None
    geofence_m: int


@transaction.atomic
def create_customer(
    *,
    actor: Actor,
    id: UUID | None = None,
    code: str | None = None,
    name: str,
    status: str = Customer.Status.PROSPECT,
    level: str = "",
    phone: str = "",
    address: str = "",
    place: Place | None = None,
    geofence_m: int = DEFAULT_GEOFENCE_M,
    at: datetime,
) -> tuple[Customer, bool]:
    """The actor's new customer and True; sent again, the stored one and False. Without a code the server numbers it.

    Raises IdReused, CodeTaken.
    """
    actor.require("customer.write")
    content: Changes = {
        "name": name,
        "status": status,
        "level": level,
        "phone": phone,
        "address": address,
        "place": place,
        "geofence_m": geofence_m,
    }

    def create(identity: Identity) -> Customer:
        number = code or _free_number(actor, at)
        return _insert(actor, identity, _columns({**content, "code": number}), at)

    with _code_taken():
        return create_once(Customer, id=id, actor=actor, content={**content, "code": code}, create=create)


@transaction.atomic
def put_customer(
    *,
    actor: Actor,
    code: str,
    name: str,
    status: str | None = None,
    level: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    place: Place | None = None,
    geofence_m: int | None = None,
    owner_id: UUID | None = None,
    at: datetime,
) -> Customer:
    """For importers: create the customer with this code, or bring it up to date. Repeatable.

    None means the source does not say: the field stays as it is, and a new customer without an owner lies in the
    pool. Raises NotFound for an owner of another company.
    """
    actor.require("erp.operate")
    given = {
        "name": name,
        "status": status,
        "level": level,
        "phone": phone,
        "address": address,
        "place": place,
        "geofence_m": geofence_m,
    }
    said: Mapping[str, Any] = {key: value for key, value in given.items() if value is not None}
    columns = _ownership(actor, owner_id) if owner_id else {}
    customer = Customer.objects.select_for_update().filter(company_id=actor.company_id, code=code).first()
    if customer is not None:
        _apply(actor, customer, {**_columns(said, customer), **columns}, at)
        return customer
    identity: Identity = {"id": new_id(), "company_id": actor.company_id, **_pool(actor), **columns}
    with _code_taken(), transaction.atomic():
        return _insert(actor, identity, _columns({**said, "code": code}), at)


@transaction.atomic
def change_customer(*, actor: Actor, customer_id: UUID, version: int, changes: Changes, at: datetime) -> Customer:
    """Raises VersionConflict with the present version, CodeTaken, NotInCharge."""
    customer = _in_charge(actor, customer_id)
    customer.require_version(version)
    with _code_taken(), transaction.atomic():
        _apply(actor, customer, _columns(changes, customer), at)
    return customer


@transaction.atomic
def recycle_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> None:
    """Into the recycle bin. Twice is once."""
    actor.require("customer.write")
    binned = Customer.objects.filter(pk=customer_id, company_id=actor.company_id, deleted_at__isnull=False).first()
    if binned is None or not binned.in_charge(actor):
        documents.recycle(actor=actor, document=_in_charge(actor, customer_id), at=at)


@transaction.atomic
def claim_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Out of the public pool into the actor's hands. Twice is once; of two at once one wins.

    Raises AlreadyClaimed for a customer that somebody took out of the pool, where everybody had seen it; NotFound for
    any other that the actor does not see.
    """
    actor.require("customer.write")
    customer = (
        Customer.objects.select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk=customer_id, company_id=actor.company_id, deleted_at=None)
        .first()
    )
    if customer is None:
        raise NotFound()
    if customer.owner_id == actor.person_id:
        return customer
    if not customer.in_pool:
        seen = customer.claimed_at is not None or Customer.objects.visible_to(actor).filter(pk=customer_id).exists()
        raise AlreadyClaimed() if seen else NotFound()
    customer.change(owner_id=actor.person_id, department_id=actor.home_id, claimed_at=at)
    after = {"owner_id": str(customer.owner_id)}
    events.record("customer.claimed", customer, actor=actor, at=at, before={"owner_id": None}, after=after)
    return customer


@transaction.atomic
def release_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Into the public pool. Twice is once."""
    actor.require("customer.write")
    customer: Customer = Customer.objects.get_visible(actor, customer_id, lock=True)
    if customer.in_pool:
        return customer
    if not customer.in_charge(actor):
        raise NotInCharge()
    before = {"owner_id": str(customer.owner_id)}
    customer.change(owner=None)
    events.record("customer.released", customer, actor=actor, at=at, before=before, after={"owner_id": None})
    return customer


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
    customer = _in_charge(actor, customer_id)
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
    events.record("customer.contact_added", customer, actor=actor, at=at, contact=str(contact.pk), name=name)
    return contact, True


def _in_charge(actor: Actor, customer_id: UUID) -> Customer:
    """The locked customer for whom the actor answers; NotFound where he does not even see it."""
    actor.require("customer.write")
    customer: Customer = Customer.objects.select_related("owner").get_visible(actor, customer_id, lock=True)
    if not customer.in_charge(actor):
        raise NotInCharge()
    return customer


def _insert(actor: Actor, identity: Identity, columns: dict[str, Any], at: datetime) -> Customer:
    customer: Customer = Customer.objects.create(**identity, **columns)
    events.record("customer.created", customer, actor=actor, at=at, code=customer.code, name=customer.name)
    return customer


def _apply(actor: Actor, customer: Customer, columns: dict[str, Any], at: datetime) -> None:
    changed = {name: value for name, value in columns.items() if getattr(customer, name) != value}
    if not changed:
        return
    told = sorted(changed.keys() - SEARCH_COLUMNS)
    before = {name: _plain(getattr(customer, name)) for name in told}
    customer.change(**changed)
    after = {name: _plain(changed[name]) for name in told}
    events.record("customer.changed", customer, actor=actor, at=at, before=before, after=after)


def _columns(changes: Mapping[str, Any], present: Customer | None = None) -> dict[str, Any]:
    """Columns for what is said; the search keys follow from what is said and what is there already."""
    columns = dict(changes)
    if "place" in columns:
        place = columns.pop("place")
        columns["lat"], columns["lng"] = to_wgs84(**place) if place else (None, None)
    keyed = {key: columns.get(key, getattr(present, key, "")) for key in ("name", "code", "phone")}
    return columns | asdict(rules.search_keys(**keyed))


def _ownership(actor: Actor, owner_id: UUID) -> Identity:
    owner = Employee.objects.filter(pk=owner_id, company_id=actor.company_id, is_active=True).first()
    if owner is None:
        raise NotFound()
    return {"owner_id": owner.pk, "department_id": owner.department_id}


def _pool(actor: Actor) -> Identity:
    """A customer that nobody ever owned belongs to the whole company: its root department."""
    root = Department.objects.get(company_id=actor.company_id, parent=None)
    return {"owner_id": None, "department_id": root.pk}


def _free_number(actor: Actor, at: datetime) -> str:
    """The next of the series that nobody has typed by hand before."""
    while True:
        number = documents.next_number(company_id=actor.company_id, series="C", at=at)
        if not Customer.objects.filter(company_id=actor.company_id, code=number).exists():
            return number


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


@contextmanager
def _code_taken() -> Iterator[None]:
    try:
        yield
    except IntegrityError as exc:
        if getattr(getattr(exc.__cause__, "diag", None), "constraint_name", None) == "customer_code_once":
            raise CodeTaken() from exc
        raise
