"""What belongs to a customer, and the customer from all sides."""

from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.customers import selectors, services
from backend.customers.models import Contact, CustomerPlace
from backend.customers.selectors.overview import Line, Position, overview, timeline
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.routers.customers import shown
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.customers import (
    ContactIn,
    ContactOut,
    ContactPatch,
    ContactsOut,
    CustomerPlaceIn,
    CustomerPlaceOut,
    CustomerPlacePatch,
    CustomerPlacesOut,
)
from mobile_api.schemas.overview import CustomerOverviewOut, CustomerTimelineOut

router = Router(tags=["customers"])


@router.get("/{customer_id}/contacts", response=ContactsOut)
def list_contacts(
    request: Request, customer_id: UUID, limit: Limit = 20, cursor: Cursor | None = None
) -> HttpResponseBase:
    rows = selectors.list_contacts(actor=request.auth, customer_id=customer_id)
    return json_reply(
        request,
        paging.page(rows, by="created_at", limit=limit, cursor=cursor, show=partial(_contact, actor=request.auth)),
    )


@router.post("/{customer_id}/contacts", response={200: ContactOut, 201: ContactOut})
def add_contact(request: Request, customer_id: UUID, body: ContactIn) -> Status[dict[str, Any]]:
    contact, created = services.add_contact(
        actor=request.auth, customer_id=customer_id, at=clock.now(), **body.model_dump()
    )
    return Status(201 if created else 200, _contact(contact, request.auth))


@router.patch("/{customer_id}/contacts/{contact_id}", response=ContactOut)
def change_contact(request: Request, customer_id: UUID, contact_id: UUID, body: ContactPatch) -> dict[str, Any]:
    contact = services.change_contact(
        actor=request.auth,
        customer_id=customer_id,
        contact_id=contact_id,
        changes=cast(services.ContactChanges, body.model_dump(exclude_unset=True)),
        at=clock.now(),
    )
    return _contact(contact, request.auth)


@router.delete("/{customer_id}/contacts/{contact_id}", response={204: None})
def remove_contact(request: Request, customer_id: UUID, contact_id: UUID) -> Status[None]:
    services.remove_contact(actor=request.auth, customer_id=customer_id, contact_id=contact_id, at=clock.now())
    return Status(204, None)


@router.get("/{customer_id}/places", response=CustomerPlacesOut)
def list_places(
    request: Request, customer_id: UUID, limit: Limit = 20, cursor: Cursor | None = None
) -> HttpResponseBase:
    rows = selectors.list_places(actor=request.auth, customer_id=customer_id)
    return json_reply(request, paging.page(rows, by="created_at", limit=limit, cursor=cursor, show=_place))


@router.post("/{customer_id}/places", response={200: CustomerPlaceOut, 201: CustomerPlaceOut})
def add_place(request: Request, customer_id: UUID, body: CustomerPlaceIn) -> Status[dict[str, Any]]:
    place, created = services.add_place(
        actor=request.auth, customer_id=customer_id, at=clock.now(), **body.model_dump()
    )
    return Status(201 if created else 200, _place(place))


@router.patch("/{customer_id}/places/{place_id}", response=CustomerPlaceOut)
def change_place(request: Request, customer_id: UUID, place_id: UUID, body: CustomerPlacePatch) -> dict[str, Any]:
    place = services.change_place(
        actor=request.auth,
        customer_id=customer_id,
        place_id=place_id,
        changes=cast(services.PlaceChanges, body.model_dump(exclude_unset=True)),
        at=clock.now(),
    )
    return _place(place)


@router.delete("/{customer_id}/places/{place_id}", response={204: None})
def remove_place(request: Request, customer_id: UUID, place_id: UUID) -> Status[None]:
    services.remove_place(actor=request.auth, customer_id=customer_id, place_id=place_id, at=clock.now())
    return Status(204, None)


@router.get("/{customer_id}/overview", response=CustomerOverviewOut)
def customer_overview(request: Request, customer_id: UUID) -> HttpResponseBase:
    """Visits, orders, receivables, expenses and open approvals in one call."""
    seen = overview(actor=request.auth, customer_id=customer_id)
    told = {
        "customer": shown(seen.customer, request.auth),
        "contacts": [_contact(contact, request.auth) for contact in seen.contacts],
    }
    return json_reply(request, told | seen.figures)


@router.get("/{customer_id}/timeline", response=CustomerTimelineOut)
def customer_timeline(
    request: Request, customer_id: UUID, limit: Limit = 20, cursor: Cursor | None = None
) -> HttpResponseBase:
    """What was done to the customer and what hangs on it, newest first."""
    lines = timeline(
        actor=request.auth, customer_id=customer_id, limit=limit + 1, after=_position(cursor) if cursor else None
    )
    items = lines[:limit]
    following = _cursor(items[-1]) if len(lines) > limit else None
    return json_reply(request, {"items": [_line(line) for line in items], "next_cursor": following})


def _cursor(line: Line) -> str:
    at, kind, pk = line.position
    return paging.encode(at, f"{kind} {pk}")


def _position(cursor: str) -> Position:
    at, rest = paging.decode(cursor, _kind_and_id)
    return at, *rest


def _kind_and_id(text: str) -> tuple[str, str]:
    """Raises ValueError for what is none."""
    kind, pk = text.split(" ")
    if kind != "history":
        return kind, str(UUID(pk))
    return kind, f"{int(pk):020d}"


def _line(line: Line) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("at", "kind", "id", "title", "status", "who", "data")}


def _place(place: CustomerPlace) -> dict[str, Any]:
    return {
        "id": place.pk,
        "name": place.name,
        "address": place.address,
        "place": {"lat": place.lat, "lng": place.lng, "crs": "wgs84"},
        "geofence_m": place.geofence_m,
        "created_at": place.created_at,
    }


def _contact(contact: Contact, actor: Actor) -> dict[str, Any]:
    phone, email = contact.reached_by(actor)
    return {
        "id": contact.pk,
        "name": contact.name,
        "position": contact.position,
        "phone": phone,
        "email": email,
        "created_at": contact.created_at,
    }
