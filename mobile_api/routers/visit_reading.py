"""What people read of visits that were made: the feed, who has read and likes them, the way of a day."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from ninja import Query, Router, Status

from backend.core import clock
from backend.core.geo import wgs84_to_gcj02
from backend.visits import route_picture, selectors, services
from backend.visits.rules import Verdict
from backend.visits.selectors import feed
from backend.visits.services import day_routes
from backend.visits.services.day_routes import DayRoute, Left, Stop
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import etag_of, is_current, json_reply, not_modified, reply
from mobile_api.routers.exports import asked
from mobile_api.routers.visits import item
from mobile_api.schemas.exports import ExportOut
from mobile_api.schemas.visit_reading import (
    DayFilters,
    DayPictureFilters,
    DayRouteFilters,
    DayRouteOut,
    FeedFilters,
    FeedOut,
    LikingOut,
    MapFeaturesOut,
    VisitsExportIn,
    VisitsReadIn,
)

router = Router(tags=["visits"])
GEOJSON, PNG = "application/geo+json", "image/png"
COLLECTION = {"$ref": f"#/components/schemas/{MapFeaturesOut.__name__}"}
BYTES = {"type": "string", "format": "binary"}


@router.get("/visits/feed", response=FeedOut)
def list_feed(request: Request, query: Query[FeedFilters]) -> HttpResponseBase:
    """What was done by whom I see, newest first, with all that a card shows."""
    since, until = selectors.bounds_of(actor=request.auth, first=query.first, last=query.last)
    verdict = Verdict(query.verdict) if query.verdict else None
    cards = feed.feed(
        actor=request.auth,
        limit=query.limit + 1,
        before=paging.decode(query.cursor) if query.cursor else None,
        since=since,
        until=until,
        sieve=feed.Sieve(query.owner, query.department, verdict, query.unread),
        at=clock.now(),
    )
    last = cards[query.limit - 1].visit if len(cards) > query.limit else None
    cursor = paging.encode(last.started_at, last.id) if last else None
    return json_reply(request, {"items": [_card(card) for card in cards[: query.limit]], "next_cursor": cursor})


@router.post("/visits/read", response={204: None})
def mark_many_read(request: Request, body: VisitsReadIn) -> Status[None]:
    """I have read these; one that I do not see marks none."""
    services.mark_read(actor=request.auth, visit_ids=body.visit_ids, at=clock.now())
    return Status(204, None)


@router.post("/visits/{visit_id}/read", response={204: None})
def mark_read(request: Request, visit_id: UUID) -> Status[None]:
    """I have read it, as its owner may see. Of my own nothing is noted."""
    services.mark_read(actor=request.auth, visit_ids=[visit_id], at=clock.now())
    return Status(204, None)


@router.post("/visits/{visit_id}/like", response=LikingOut)
def like(request: Request, visit_id: UUID) -> dict[str, Any]:
    """Its owner is told, once."""
    return services.like(actor=request.auth, visit_id=visit_id, at=clock.now())._asdict()


@router.delete("/visits/{visit_id}/like", response=LikingOut)
def unlike(request: Request, visit_id: UUID) -> dict[str, Any]:
    return services.unlike(actor=request.auth, visit_id=visit_id, at=clock.now())._asdict()


@router.post("/visits/exports", response={200: ExportOut, 202: ExportOut})
def export_visits(request: Request, body: VisitsExportIn) -> Status[dict[str, Any]]:
    """A workbook of the visits that the caller sees when it is made; positions in it are rounded to 0.01 degree."""
    return asked(request, "visits", body)


@router.get("/visits/route", response=DayRouteOut)
def route(request: Request, query: Query[DayRouteFilters]) -> HttpResponseBase:
    """Somebody's way on one day: check-ins in their order, and what was planned and not made."""
    found = _route(request, query)
    shown: dict[str, Any] = {
        "owner": {"id": found.owner.pk, "name": found.owner.name},
        "on": found.on,
        "crs": query.crs,
        "exact": found.exact,
        "metres": round(found.metres, 1),
        "stops": [_stop(stop, query.crs) for stop in found.stops],
        "planned": [_planned(left) | _where(left, query.crs) for left in found.planned],
    }
    return json_reply(request, shown)


@router.get(
    "/visits/route.geojson",
    response=MapFeaturesOut,
    openapi_extra={"responses": {200: {"content": {GEOJSON: {"schema": COLLECTION}}}}},
)
def route_features(request: Request, query: Query[DayFilters]) -> HttpResponseBase:
    """The same for map software, as `application/geo+json`."""
    found = _route(request, query)
    features = [*_way(found), *map(_stop_feature, found.stops), *map(_plan_feature, found.planned)]
    return json_reply(request, {"type": "FeatureCollection", "features": features}, content_type=GEOJSON)


@router.get(
    "/visits/route.png",
    response={200: None},
    openapi_extra={"responses": {200: {"description": "The picture", "content": {PNG: {"schema": BYTES}}}}},
)
def draw_route(request: Request, query: Query[DayPictureFilters]) -> HttpResponseBase:
    """The same as a picture, in the reader's language."""
    found = _route(request, query)
    etag = etag_of(found.state, query.width, query.height, get_language())
    if is_current(request, etag):
        return not_modified(etag)
    picture = route_picture.draw(found, width=query.width, height=query.height)
    return reply(request, picture, content_type=PNG, etag=etag)


def _card(card: feed.Card) -> dict[str, Any]:
    shown = {name: value for name, value in card._asdict().items() if name != "visit"}
    return item(card.visit) | shown | {"thumbnails": [picture._asdict() for picture in card.thumbnails]}


def _route(request: Request, query: DayFilters) -> DayRoute:
    return day_routes.read_route(
        actor=request.auth, owner_id=query.owner, on=query.on, exact=query.exact, at=clock.now()
    )


def _stop(stop: Stop, crs: str) -> dict[str, Any]:
    visit = stop.visit
    lat, lng = _shown(stop.spot.lat, stop.spot.lng, crs)
    return _about(stop) | {
        "plan_id": visit.plan_id,
        "status": visit.status,
        "checked_out_at": visit.checked_out_at,
        "lat": lat,
        "lng": lng,
        "metres": round(stop.metres, 1),
    }


def _about(stop: Stop) -> dict[str, Any]:
    visit = stop.visit
    return {
        "number": stop.number,
        "visit_id": visit.pk,
        "customer": {"id": visit.customer_id, "name": visit.customer.name},
        "verdict": visit.verdict,
        "decision": visit.decision or None,
        "checked_in_at": visit.checked_in_at,
        "minutes": visit.minutes,
        "accuracy_m": stop.spot.accuracy_m,
        "exact": stop.exact,
    }


def _planned(left: Left) -> dict[str, Any]:
    plan = left.plan
    customer = {"id": plan.customer_id, "name": plan.customer.name}
    return {"plan_id": plan.pk, "customer": customer, "starts_at": plan.starts_at}


def _where(left: Left, crs: str) -> dict[str, Any]:
    lat, lng = _shown(*left.place, crs) if left.place else (None, None)
    return {"lat": lat, "lng": lng}


def _shown(lat: float, lng: float, crs: str) -> tuple[float, float]:
    return wgs84_to_gcj02(lat, lng) if crs == "gcj02" else (lat, lng)


def _feature(geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _way(found: DayRoute) -> list[dict[str, Any]]:
    if len(found.stops) < 2:
        return []
    line = {"type": "LineString", "coordinates": [[stop.spot.lng, stop.spot.lat] for stop in found.stops]}
    told = {
        "kind": "way",
        "owner": {"id": found.owner.pk, "name": found.owner.name},
        "on": found.on,
        "metres": round(found.metres, 1),
        "exact": found.exact,
    }
    return [_feature(line, told)]


def _stop_feature(stop: Stop) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [stop.spot.lng, stop.spot.lat]}
    return _feature(point, {"kind": "visit", **_about(stop)})


def _plan_feature(left: Left) -> dict[str, Any]:
    place = left.place
    point = {"type": "Point", "coordinates": [place[1], place[0]]} if place else None
    return _feature(point, {"kind": "plan", **_planned(left)})
