"""What people read of visits that were made: the way of a day, as data, for maps and as a picture."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from ninja import Query, Router

from backend.core import clock
from backend.core.geo import wgs84_to_gcj02
from backend.visits import route_picture
from backend.visits.models import VisitPlan
from backend.visits.services import day_routes
from backend.visits.services.day_routes import DayRoute, Stop
from mobile_api.auth import Request
from mobile_api.caching import etag_of, is_current, json_reply, not_modified, reply
from mobile_api.schemas.visit_reading import (
    DayFilters,
    DayPictureFilters,
    DayRouteFilters,
    DayRouteOut,
    MapFeaturesOut,
)

router = Router(tags=["visits"])
GEOJSON, PNG = "application/geo+json", "image/png"
COLLECTION = {"$ref": f"#/components/schemas/{MapFeaturesOut.__name__}"}
BYTES = {"type": "string", "format": "binary"}


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
        "planned": [_planned(plan) | _where(plan, query.crs) for plan in found.planned],
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


def _planned(plan: VisitPlan) -> dict[str, Any]:
    customer = {"id": plan.customer_id, "name": plan.customer.name}
    return {"plan_id": plan.pk, "customer": customer, "starts_at": plan.starts_at}


def _where(plan: VisitPlan, crs: str) -> dict[str, Any]:
    lat, lng = _shown(*plan.customer.place, crs) if plan.customer.place else (None, None)
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


def _plan_feature(plan: VisitPlan) -> dict[str, Any]:
    place = plan.customer.place
    point = {"type": "Point", "coordinates": [place[1], place[0]]} if place else None
    return _feature(point, {"kind": "plan", **_planned(plan)})
