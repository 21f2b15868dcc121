"""What lies around a point, and which part of a map is looked at."""

from math import cos, radians
from typing import Any

from django.db.models import F
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.geo import CRS, EARTH_RADIUS_M, to_wgs84
from backend.core.text import bilingual
from backend.customers import rules
from backend.customers.models import Customer, CustomerPlace

NEARBY_LIMIT = 50


class BadBounds(Invalid):
    code = "bad_bounds"
    message = bilingual(
        "地图范围须同时给出南、西、北、东，且南不大于北、西不大于东。",
        "Bounds need south, west, north and east, south not above north and west not beyond east.",
    )


def bounds(
    *, south: float | None, west: float | None, north: float | None, east: float | None, crs: CRS
) -> rules.Box | None:
    """The part of a map that is shown, in WGS-84; None where nothing is said. Raises BadBounds."""
    if south is None and west is None and north is None and east is None:
        return None
    if south is None or west is None or north is None or east is None or south > north or west > east:
        raise BadBounds()
    (south, west), (north, east) = to_wgs84(south, west, crs), to_wgs84(north, east, crs)
    return rules.Box(south, north, west, east)


def nearby(*, actor: Actor, lat: float, lng: float, crs: CRS, radius_m: float) -> list[tuple[Customer, float]]:
    """At most NEARBY_LIMIT customers of whom a place lies within the radius, nearest first, with the distance in
    metres to that place."""
    actor.require("customer.read")
    lat, lng = to_wgs84(lat, lng, crs)
    box = rules.box_around(lat, lng, radius_m)
    visible = Customer.objects.visible_to(actor)
    own = _within(visible.select_related("owner").defer("grams", "search_text"), lat, lng, box, radius_m)
    branches = CustomerPlace.objects.filter(company_id=actor.company_id).select_related("customer__owner")
    further = _within(branches, lat, lng, box, radius_m)
    found = {row.pk: (row, row.distance_m) for row in own}
    theirs = [place.customer_id for place in further if place.customer_id not in found]
    seen = set(visible.filter(pk__in=theirs).values_list("pk", flat=True))
    for place in further:  # nearest first
        if place.customer_id in seen | found.keys():
            nearer = found.get(place.customer_id)
            if nearer is None or place.distance_m < nearer[1]:
                found[place.customer_id] = (place.customer, place.distance_m)
    return sorted(found.values(), key=lambda pair: (pair[1], pair[0].pk))[:NEARBY_LIMIT]


def _within(rows: Any, lat: float, lng: float, box: rules.Box, radius_m: float) -> list[Any]:
    rows = rows.filter(lat__range=(box.south, box.north), lng__range=(box.west, box.east))
    near = rows.annotate(distance_m=_distance_from(lat, lng)).filter(distance_m__lte=radius_m)
    return list(near.order_by("distance_m", "id")[:NEARBY_LIMIT])


def _distance_from(lat: float, lng: float) -> Any:
    """The haversine formula of `core.geo.distance_m`, for the database to sort by."""
    half_lat = Radians(F("lat") - lat) / 2
    half_lng = Radians(F("lng") - lng) / 2
    h = Power(Sin(half_lat), 2) + cos(radians(lat)) * Cos(Radians(F("lat"))) * Power(Sin(half_lng), 2)
    return ASin(Least(Sqrt(h), 1.0)) * (2 * EARTH_RADIUS_M)
