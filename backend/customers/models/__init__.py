"""Whom we sell to (`customer`) and what belongs to him (`parts`)."""

from backend.customers.models.customer import DEFAULT_GEOFENCE_M, Customer
from backend.customers.models.parts import Contact

__all__ = ["DEFAULT_GEOFENCE_M", "Contact", "Customer"]
