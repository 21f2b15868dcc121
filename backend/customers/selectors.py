from math import cos, radians
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt

from backend.core.actor import Actor
from backend.core.geo import CRS, EARTH_RADIUS_M, to_wgs84
from backend.core.search import grams, normalised
from backend.customers import rules
from backend.customers.models import Contact, Customer

NEARBY_LIMIT = 50


def list_customers(
    *, actor: Actor, q: str | None = None, status: str | None = None, in_pool: bool | None = None
) -> QuerySet[Customer]:
    """Newest first. `q` is part of a name, its pinyin or initials, the code, or the phone where the actor sees it."""
    actor.require("customer.read")
    rows: QuerySet[Customer] = Customer.objects.visible_to(actor).select_related("owner")
    if q and (key := normalised(q)):
        # The index finds what has all the bigrams; the text itself then rules out those that have them apart.
        rows = rows.filter(grams__contains=grams(key), search_text__contains=key)
        if not actor.sees("customer_contact"):  # what is found by its phone tells the phone
            shown = Q(name__icontains=q) | Q(code__icontains=q) | Q(pinyin__contains=key) | Q(initials__contains=key)
            rows = rows.filter(shown)
    if status:
        rows = rows.filter(status=status)
    if in_pool is not None:
        rows = rows.filter(owner__isnull=in_pool)
    return rows.order_by("-created_at", "-id")


def get_customer(*, actor: Actor, customer_id: UUID) -> Customer:
    """Raises NotFound, also for a hidden one."""
    actor.require("customer.read")
    customer: Customer = Customer.objects.select_related("owner").get_visible(actor, customer_id)
    return customer


def nearby(*, actor: Actor, lat: float, lng: float, crs: CRS, radius_m: float) -> list[tuple[Customer, float]]:
    """At most NEARBY_LIMIT customers within the radius, nearest first, with the distance in metres."""
    actor.require("customer.read")
    lat, lng = to_wgs84(lat, lng, crs)
    box = rules.box_around(lat, lng, radius_m)
    rows = (
        Customer.objects.visible_to(actor)
        .filter(lat__range=(box.south, box.north), lng__range=(box.west, box.east))
        .annotate(distance_m=_distance_from(lat, lng))
        .filter(distance_m__lte=radius_m)
        .select_related("owner")
        .order_by("distance_m", "id")
    )
    return [(row, row.distance_m) for row in rows[:NEARBY_LIMIT]]


def list_contacts(*, actor: Actor, customer_id: UUID) -> QuerySet[Contact]:
    """Newest first. Raises NotFound where the customer is hidden."""
    customer = get_customer(actor=actor, customer_id=customer_id)
    return Contact.objects.filter(company_id=actor.company_id, customer=customer).order_by("-created_at", "-id")


def _distance_from(lat: float, lng: float) -> Any:
    """The haversine formula of `core.geo.distance_m`, for the database to sort by."""
    half_lat = Radians(F("lat") - lat) / 2
    half_lng = Radians(F("lng") - lng) / 2
    h = Power(Sin(half_lat), 2) + cos(radians(lat)) * Cos(Radians(F("lat"))) * Power(Sin(half_lng), 2)
    return ASin(Least(Sqrt(h), 1.0)) * (2 * EARTH_RADIUS_M)
