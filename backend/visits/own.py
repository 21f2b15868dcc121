"""The lock that all services take which act on a person's own visit."""

from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models

from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.directory.models import Employee
from backend.directory.services import people
from backend.visits.errors import NotYourVisit
from backend.visits.models import Visit

M = TypeVar("M", bound=models.Model)


def own_visit(actor: Actor, visit_id: UUID) -> Visit:
    """The actor's visit, locked after his employee row, with customer and owner.

    Raises NotFound where he does not see it, NotYourVisit where he sees it and another makes it.
    """
    actor.require("visit.write")
    people.one_at_a_time(actor=actor)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"id": visit_id, "me": actor.person_id})
        row = cursor.fetchone()
    if row is None:
        Visit.objects.get_visible(actor, visit_id)
        raise NotYourVisit()
    visit = _loaded(Visit, VISIT, row)
    visit.customer = _loaded(Customer, CUSTOMER, row[len(VISIT) :])
    visit.owner = _loaded(Employee, OWNER, row[len(VISIT) + len(CUSTOMER) :])
    return visit


def _columns(model: type[models.Model], *names: str) -> list[str]:
    """In the order of the model, as `from_db` takes them."""
    return [field.attname for field in model._meta.concrete_fields if field.name in names]


# Compiling a query over all columns of the three models costs more than the rest of a check-in. So these come by
# prepared SQL; what is left out loads itself when it is asked for, as any deferred field does.
VISIT = _columns(Visit, *(field.name for field in Visit._meta.concrete_fields if field.name != "reasons"))
CUSTOMER = _columns(Customer, "id", "company", "name", "address", "lat", "lng", "geofence_m")
OWNER = _columns(Employee, "id", "company", "name")
_LOCK = f"""
    SELECT {", ".join(f"visit.{name}" for name in VISIT)}, {", ".join(f"customer.{name}" for name in CUSTOMER)},
           {", ".join(f"owner.{name}" for name in OWNER)}
    FROM visits_visit visit
    JOIN customers_customer customer ON customer.id = visit.customer_id
    JOIN directory_employee owner ON owner.id = visit.owner_id
    WHERE visit.id = %(id)s AND visit.owner_id = %(me)s AND visit.deleted_at IS NULL FOR UPDATE OF visit
"""  # noqa: S608


def _loaded(model: type[M], names: list[str], values: tuple[Any, ...]) -> M:
    return model.from_db(connection.alias, names, values[: len(names)])
