from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query, Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.customers import selectors, services
from backend.customers.models import Customer, CustomerField
from backend.customers.selectors.duplicates import as_json, check_duplicates
from backend.customers.selectors.listing import Sort, Wanted, page_of_customers, position_of
from backend.customers.selectors.maps import bounds, nearby
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import etag_of, json_reply
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.customers import (
    AssignIn,
    CoOwnersOut,
    Crs,
    CustomerFieldsOut,
    CustomerFilters,
    CustomerIn,
    CustomerOut,
    CustomerPatch,
    CustomersOut,
    DuplicatesIn,
    DuplicatesOut,
    Latitude,
    Longitude,
    MergeIn,
    NearbyCustomersOut,
    Radius,
    RecycledCustomersOut,
    ShareIn,
)

router = Router(tags=["customers"])


@router.get("", response=CustomersOut)
def list_customers(request: Request, query: Query[CustomerFilters]) -> HttpResponseBase:
    sort = Sort(query.sort)
    wanted = Wanted(
        owner_id=query.owner,
        department_id=query.department,
        within=bounds(south=query.south, west=query.west, north=query.north, east=query.east, crs=query.crs),
        sort=sort,
        **query.model_dump(include={"q", "status", "level", "type", "tag", "in_pool"}),
    )
    read = paging.decode if sort is Sort.NEWEST else paging.decode_text
    after = read(query.cursor) if query.cursor else None
    found = page_of_customers(actor=request.auth, wanted=wanted, limit=query.limit + 1, after=after)
    page = found[: query.limit]
    following = paging.encode(*position_of(page[-1], sort)) if len(found) > query.limit else None
    items = [shown(customer, request.auth) for customer in page]
    return json_reply(request, {"items": items, "next_cursor": following})


@router.post("", response={200: CustomerOut, 201: CustomerOut})
def create_customer(request: Request, body: CustomerIn) -> Status[dict[str, Any]]:
    customer, created = services.create_customer(actor=request.auth, at=clock.now(), **body.model_dump())
    return Status(201 if created else 200, shown(customer, request.auth))


@router.post("/check-duplicates", response=DuplicatesOut)
def find_duplicates(request: Request, body: DuplicatesIn) -> dict[str, Any]:
    found = check_duplicates(actor=request.auth, **body.model_dump())
    return {"items": [as_json(duplicate) for duplicate in found]}


@router.post("/merge", response=CustomerOut)
def merge_customers(request: Request, body: MergeIn) -> dict[str, Any]:
    kept = services.merge_customers(actor=request.auth, at=clock.now(), **body.model_dump())
    return shown(kept, request.auth)


@router.get("/recycled", response=RecycledCustomersOut)
def list_recycled(request: Request, limit: Limit = 20, cursor: Cursor | None = None) -> HttpResponseBase:
    rows = selectors.list_recycled(actor=request.auth)
    binned = partial(_recycled, actor=request.auth)
    return json_reply(request, paging.page(rows, by="deleted_at", limit=limit, cursor=cursor, show=binned))


@router.get("/fields", response=CustomerFieldsOut)
def list_fields(request: Request) -> HttpResponseBase:
    fields = selectors.list_fields(actor=request.auth)
    return json_reply(request, {"items": [_field(field) for field in fields]})


@router.get("/nearby", response=NearbyCustomersOut)
def customers_nearby(
    request: Request, lat: Latitude, lng: Longitude, crs: Crs, radius_m: Radius = 3000
) -> HttpResponseBase:
    found = nearby(actor=request.auth, lat=lat, lng=lng, crs=crs, radius_m=radius_m)
    items = [shown(customer, request.auth) | {"distance_m": round(distance_m, 1)} for customer, distance_m in found]
    return json_reply(request, {"items": items})


@router.get("/{customer_id}", response=CustomerOut)
def get_customer(request: Request, customer_id: UUID) -> HttpResponseBase:
    customer = selectors.get_customer(actor=request.auth, customer_id=customer_id)
    owner = customer.owner.name if customer.owner else ""
    etag = etag_of(customer.pk, customer.version, owner, customer.phone_for(request.auth))
    return json_reply(request, shown(customer, request.auth), etag=etag)


@router.patch("/{customer_id}", response=CustomerOut)
def change_customer(request: Request, customer_id: UUID, body: CustomerPatch) -> dict[str, Any]:
    changes = cast(services.Changes, body.model_dump(exclude_unset=True, exclude={"version"}))
    customer = services.change_customer(
        actor=request.auth, customer_id=customer_id, version=body.version, changes=changes, at=clock.now()
    )
    return shown(customer, request.auth)


@router.delete("/{customer_id}", response={204: None})
def recycle_customer(request: Request, customer_id: UUID) -> Status[None]:
    services.recycle_customer(actor=request.auth, customer_id=customer_id, at=clock.now())
    return Status(204, None)


@router.post("/{customer_id}/restore", response=CustomerOut)
def restore_customer(request: Request, customer_id: UUID) -> dict[str, Any]:
    return shown(services.restore_customer(actor=request.auth, customer_id=customer_id, at=clock.now()), request.auth)


@router.post("/{customer_id}/claim", response=CustomerOut)
def claim_customer(request: Request, customer_id: UUID) -> dict[str, Any]:
    return shown(services.claim_customer(actor=request.auth, customer_id=customer_id, at=clock.now()), request.auth)


@router.post("/{customer_id}/release", response=CustomerOut)
def release_customer(request: Request, customer_id: UUID) -> dict[str, Any]:
    return shown(services.release_customer(actor=request.auth, customer_id=customer_id, at=clock.now()), request.auth)


@router.post("/{customer_id}/assign", response=CustomerOut)
def assign_customer(request: Request, customer_id: UUID, body: AssignIn) -> dict[str, Any]:
    assigned = services.assign_customer(
        actor=request.auth, customer_id=customer_id, at=clock.now(), **body.model_dump()
    )
    return shown(assigned, request.auth)


@router.post("/{customer_id}/share", response=CoOwnersOut)
def share_customer(request: Request, customer_id: UUID, body: ShareIn) -> dict[str, Any]:
    customer = services.share_customer(
        actor=request.auth, customer_id=customer_id, employee_ids=body.employee_ids, at=clock.now()
    )
    return _co_owners(customer)


@router.get("/{customer_id}/co-owners", response=CoOwnersOut)
def list_co_owners(request: Request, customer_id: UUID) -> HttpResponseBase:
    customer = selectors.get_customer(actor=request.auth, customer_id=customer_id)
    return json_reply(request, _co_owners(customer))


def _co_owners(customer: Customer) -> dict[str, Any]:
    rows = selectors.list_co_owners(customer=customer)
    return {"items": [{"id": row.employee_id, "name": row.employee.name} for row in rows]}


def _field(field: CustomerField) -> dict[str, Any]:
    return {name: getattr(field, name) for name in ("key", "name", "kind", "choices", "is_required")}


def _recycled(customer: Customer, actor: Actor) -> dict[str, Any]:
    into = customer.merged_into
    return shown(customer, actor) | {
        "deleted_at": customer.deleted_at,
        "merged_into": into
        and {"id": into.pk, "code": into.code, "name": into.name, "status": into.status, "owner": None},
    }


def shown(customer: Customer, actor: Actor) -> dict[str, Any]:
    place, owner = customer.place, customer.owner
    return {
        "id": customer.pk,
        "version": customer.version,
        "code": customer.code,
        "name": customer.name,
        "status": customer.status,
        "level": customer.level,
        "type": customer.type,
        "source": customer.source,
        "tags": customer.tags,
        "phone": customer.phone_for(actor),
        "credit_code": customer.credit_code,
        "details": customer.details,
        "address": customer.address,
        "place": {"lat": place[0], "lng": place[1], "crs": "wgs84"} if place else None,
        "geofence_m": customer.geofence_m,
        "owner": {"id": owner.pk, "name": owner.name} if owner else None,
        "department_id": customer.department_id,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }
