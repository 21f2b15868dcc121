"""The lock that all services take which act on a person's own visit."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection, models

from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.directory.models import Employee
from backend.directory.services import people
from backend.visits.errors import NotYourVisit
from backend.visits.models import Visit, VisitPlan
from backend.visits.rules import DEFAULT_LIMITS, Limits

M = TypeVar("M", bound=models.Model)


class Terms(NamedTuple):
    """On which this check-in is taken."""

    limits: Limits
    consent_to: UUID | None
    """The company's present text, where its owner has not agreed to it."""
    photo_bits: int | None
    """As `rules.copied`: of what he has attached before checking in."""
    template_version: UUID | None
    """What the customer's template asks at this moment."""


def own_visit(actor: Actor, visit_id: UUID) -> Visit:
    """The actor's visit, locked after his employee row, with customer and owner.

    Raises NotFound where he does not see it, NotYourVisit where he sees it and another makes it.
    """
    return _locked(_LOCK, actor, visit_id)[0]


def visit_to_check_in(actor: Actor, visit_id: UUID, *, at: datetime) -> tuple[Visit, Terms]:
    """As `own_visit`, with all places of the customer and the terms of its check-in in the same query."""
    visit, terms = _locked(_LOCK_WITH_TERMS, actor, visit_id, at)
    limits, asked, agreed, photo_bits, places, template_version = terms
    visit.customer.further_places = [tuple(place) for place in places or ()]
    in_force = replace(DEFAULT_LIMITS, **json.loads(limits)) if limits else DEFAULT_LIMITS
    return visit, Terms(in_force, None if agreed else asked, photo_bits, template_version)


def finish_plan(visit: Visit) -> None:
    """The visit is over, and with it what was planned."""
    if visit.plan_id is not None:
        plan = VisitPlan.objects.select_for_update().get(pk=visit.plan_id)
        if plan.status != VisitPlan.Status.DONE:
            plan.change(status=VisitPlan.Status.DONE)


def _locked(sql: str, actor: Actor, visit_id: UUID, at: datetime | None = None) -> tuple[Visit, tuple[Any, ...]]:
    actor.require("visit.write")
    people.one_at_a_time(actor=actor)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"id": visit_id, "me": actor.person_id, "at": at})
        row = cursor.fetchone()
    if row is None:
        Visit.objects.get_visible(actor, visit_id)
        raise NotYourVisit()
    visit = _loaded(Visit, VISIT, row)
    visit.customer = _loaded(Customer, CUSTOMER, row[len(VISIT) :])
    visit.owner = _loaded(Employee, OWNER, row[len(VISIT) + len(CUSTOMER) :])
    return visit, row[len(VISIT) + len(CUSTOMER) + len(OWNER) :]


def _columns(model: type[models.Model], *names: str) -> list[str]:
    """In the order of the model, as `from_db` takes them."""
    return [field.attname for field in model._meta.concrete_fields if field.name in names]


# Compiling a query over all columns of the three models costs more than the rest of a check-in. So these come by
# prepared SQL; what is left out loads itself when it is asked for, as any deferred field does.
VISIT = _columns(Visit, *(field.name for field in Visit._meta.concrete_fields if field.name != "reasons"))
CUSTOMER = _columns(Customer, "id", "company", "name", "address", "lat", "lng", "geofence_m")
OWNER = _columns(Employee, "id", "company", "name")
_SHOWN = ", ".join(
    f"{table}.{name}" for table, names in (("visit", VISIT), ("customer", CUSTOMER), ("owner", OWNER)) for name in names
)
_LOCK_FORM = f"""
    SELECT {_SHOWN} {{terms}}
    FROM visits_visit visit
    JOIN customers_customer customer ON customer.id = visit.customer_id
    JOIN directory_employee owner ON owner.id = visit.owner_id {{joined}}
    WHERE visit.id = %(id)s AND visit.owner_id = %(me)s AND visit.deleted_at IS NULL FOR UPDATE OF visit
"""  # noqa: S608
_LOCK = _LOCK_FORM.format(terms="", joined="")
_LOCK_WITH_TERMS = _LOCK_FORM.format(
    terms=""", policy.limits::text, asked.id,
        EXISTS (SELECT FROM visits_consent consent
            WHERE consent.employee_id = visit.owner_id AND consent.text_id = asked.id AND consent.withdrawn_at IS NULL),
        (SELECT min(photo.copied_bits) FROM visits_visitphoto photo WHERE photo.visit_id = visit.id),
        (SELECT json_agg(json_build_array(place.lat, place.lng, place.geofence_m))
            FROM customers_customerplace place WHERE place.customer_id = customer.id),
        followed.id""",
    joined="""LEFT JOIN visits_visitpolicy policy ON policy.company_id = visit.company_id
    LEFT JOIN LATERAL (SELECT text.id FROM visits_consenttext text WHERE text.company_id = visit.company_id
        ORDER BY text.version DESC LIMIT 1) asked ON true
    LEFT JOIN LATERAL (SELECT version.id FROM visits_visittemplate template
        JOIN visits_templateversion version ON version.template_id = template.id
        WHERE template.company_id = visit.company_id AND template.state = 'active'
            AND template.customer_type IN ('', customer.type) AND template.customer_level IN ('', customer.level)
            AND version.in_force_from <= %(at)s
        ORDER BY template.customer_type <> '' DESC, template.customer_level <> '' DESC, version.number DESC
        LIMIT 1) followed ON true""",
)


def _loaded(model: type[M], names: list[str], values: tuple[Any, ...]) -> M:
    return model.from_db(connection.alias, names, values[: len(names)])
