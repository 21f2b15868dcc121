from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, NotFound
from backend.core.geo import CRS, to_wgs84
from backend.core.ids import new_id
from backend.customers import details as own_fields
from backend.customers import rules
from backend.customers.charge import customer_in_charge
from backend.customers.dictionary import require_known
from backend.customers.errors import BadCreditCode, CodeTaken, CreditCodeTaken, LikelyDuplicate, TooManyTags
from backend.customers.finding import SEARCH_COLUMNS, search_columns
from backend.customers.models import DEFAULT_GEOFENCE_M, Customer, CustomerField
from backend.customers.selectors.duplicates import alike, as_json, find_duplicates
from backend.directory.models import Department, Employee
from backend.documents import services as documents
from backend.documents.once import Identity, create_once
from backend.events import services as events

MOST_TAGS = 20
TAKEN: dict[str | None, type[Conflict]] = {
    "customer_code_once": CodeTaken,
    "customer_credit_code_once": CreditCodeTaken,
}


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
    type: str
    source: str
    tags: Sequence[str]
    phone: str
    credit_code: str
    details: Mapping[str, Any]
    """Of the company's own fields those that change; null takes one away."""
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
    type: str = "",
    source: str = "",
    tags: Sequence[str] = (),
    phone: str = "",
    credit_code: str = "",
    details: Mapping[str, Any] | None = None,
    address: str = "",
    place: Place | None = None,
    geofence_m: int = DEFAULT_GEOFENCE_M,
    accept_duplicates: bool = True,
    at: datetime,
) -> tuple[Customer, bool]:
    """The actor's new customer and True; sent again, the stored one and False. Without a code the server numbers it.

    Raises IdReused, CodeTaken, CreditCodeTaken, BadCreditCode, BadDetails, UnknownEntry; LikelyDuplicate unless
    `accept_duplicates`, and then of two who send the same customer at once only one gets it made.
    """
    actor.require("customer.write")
    content: Changes = {
        "name": name,
        "status": status,
        "level": level,
        "type": type,
        **({"source": source} if source else {}),
        "tags": tags,
        "phone": phone,
        "credit_code": credit_code,
        "details": details or {},
        "address": address,
        "place": place,
        "geofence_m": geofence_m,
    }

    def create(identity: Identity) -> Customer:
        if not accept_duplicates:
            _refuse_duplicates(actor, identity, name=name, credit_code=credit_code, phone=phone)
        number = code or _free_number(actor, at)
        return _insert(actor, identity, _known_columns(actor, {**content, "code": number}), at)

    with _taken():
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
    pool. Its levels are taken as they are: the ERP knows no dictionary of ours. Raises NotFound for an owner of
    another company.
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
        _apply(actor, customer, {**_columns(actor, said, customer), **columns}, at)
        return customer
    identity: Identity = {"id": new_id(), "company_id": actor.company_id, **_pool(actor), **columns}
    with _taken(), transaction.atomic():
        return _insert(actor, identity, _columns(actor, {**said, "code": code}), at)


@transaction.atomic
def change_customer(*, actor: Actor, customer_id: UUID, version: int, changes: Changes, at: datetime) -> Customer:
    """Raises VersionConflict with the present version, CodeTaken, CreditCodeTaken, BadCreditCode, BadDetails,
    UnknownEntry, NotInCharge."""
    customer = customer_in_charge(actor, customer_id)
    customer.require_version(version)
    with _taken(), transaction.atomic():
        _apply(actor, customer, _known_columns(actor, changes, customer), at)
    return customer


@transaction.atomic
def tag_customer(
    *, actor: Actor, customer_id: UUID, add: Collection[str] = (), remove: Collection[str] = (), at: datetime
) -> Customer:
    """Give it some tags and take some away. Twice is once. Raises UnknownEntry, TooManyTags, NotInCharge."""
    customer = customer_in_charge(actor, customer_id)
    tags = sorted({*customer.tags, *add} - set(remove))
    if len(tags) > max(MOST_TAGS, len(customer.tags)):
        raise TooManyTags()
    _apply(actor, customer, _known_columns(actor, {"tags": tags}, customer), at)
    return customer


@transaction.atomic
def recycle_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> None:
    """Into the recycle bin. Twice is once."""
    actor.require("customer.write")
    binned = Customer.objects.filter(pk=customer_id, company_id=actor.company_id, deleted_at__isnull=False).first()
    if binned is None or not binned.in_charge(actor):
        documents.recycle(actor=actor, document=customer_in_charge(actor, customer_id), at=at)


@transaction.atomic
def put_field(
    *,
    actor: Actor,
    key: str,
    name: str,
    kind: str,
    choices: Sequence[str] = (),
    is_required: bool = False,
    is_active: bool = True,
    position: int = 0,
    at: datetime,
) -> CustomerField:
    """A field of the company's own, new or as it is to be from now on; values that are there stay. Twice is once."""
    actor.require("role.manage")
    given = {
        "name": name,
        "kind": kind,
        "choices": list(choices),
        "is_required": is_required,
        "is_active": is_active,
        "position": position,
    }
    field, new = CustomerField.objects.get_or_create(company_id=actor.company_id, key=key, defaults=given)
    before = {} if new else {column: getattr(field, column) for column in given}
    if before != given:
        CustomerField.objects.filter(pk=field.pk).update(**given)
        field.refresh_from_db()
        events.record("customer_field.changed", field, actor=actor, at=at, before=before, after=given, key=key)
    return field


def _refuse_duplicates(actor: Actor, identity: Identity, *, name: str, credit_code: str, phone: str) -> None:
    """Whoever enters the same meanwhile waits here, and then finds what was made; a repeated request finds its own
    row, which is no duplicate."""
    keys = alike(actor=actor, name=name, credit_code=credit_code, phone=phone)
    with connection.cursor() as cursor:
        for column, value in sorted(keys.values()):
            key = f"{actor.company_id} {column} {value}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    found = find_duplicates(actor=actor, name=name, credit_code=credit_code, phone=phone, except_id=identity["id"])
    if found:
        raise LikelyDuplicate(duplicates=[as_json(duplicate) for duplicate in found])


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


def _known_columns(actor: Actor, changes: Mapping[str, Any], present: Customer | None = None) -> dict[str, Any]:
    """As `_columns`, in the company's own words."""
    columns = _columns(actor, changes, present)
    require_known(actor.company_id, columns, present)
    return columns


def _columns(actor: Actor, changes: Mapping[str, Any], present: Customer | None = None) -> dict[str, Any]:
    """Columns for what is said; search keys follow from it and from what is there already."""
    columns = dict(changes)
    if "place" in columns:
        place = columns.pop("place")
        columns["lat"], columns["lng"] = to_wgs84(**place) if place else (None, None)
    if columns.get("credit_code") and not rules.is_credit_code(columns["credit_code"]):
        raise BadCreditCode(fields={"credit_code": str(BadCreditCode.message)})
    if "details" in columns:
        known = present.details if present is not None else {}
        columns["details"] = own_fields.checked(company_id=actor.company_id, given=columns["details"], present=known)
    if "tags" in columns:
        columns["tags"] = sorted(set(columns["tags"]))
    return columns | search_columns(columns, present)


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
def _taken() -> Iterator[None]:
    try:
        yield
    except IntegrityError as exc:
        broken = getattr(getattr(exc.__cause__, "diag", None), "constraint_name", None)
        if broken in TAKEN:
            raise TAKEN[broken]() from exc
        raise
