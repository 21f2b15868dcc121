"""Who was there too."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.directory.models import Employee
from backend.events import services as events
from backend.visits.errors import VisitCancelled
from backend.visits.models import Visit, VisitCompanion
from backend.visits.own import own_visit


@transaction.atomic
def invite_companions(*, actor: Actor, visit_id: UUID, employee_ids: Sequence[UUID], at: datetime) -> Visit:
    """Name colleagues who make the visit with its owner: they are told, see it from now on, and may confirm it.

    Naming one again changes nothing. Raises NotFound for whom the company does not employ, and for oneself.
    """
    visit = own_visit(actor, visit_id)
    if visit.status == Visit.Status.CANCELLED:
        raise VisitCancelled()
    wanted = set(employee_ids)
    people = {
        person.pk: person
        for person in Employee.objects.filter(company_id=actor.company_id, pk__in=wanted, is_active=True)
    }
    if wanted != set(people) or visit.owner_id in wanted:
        raise NotFound()
    there = set(VisitCompanion.objects.filter(visit=visit).values_list("employee_id", flat=True))
    new = [person for pk, person in sorted(people.items()) if pk not in there]
    VisitCompanion.objects.bulk_create(
        VisitCompanion(company_id=visit.company_id, visit=visit, employee=person, invited_at=at) for person in new
    )
    if new:
        visit.show_to(person.pk for person in new)
        visit.change()
    for person in new:
        told = {"employee_id": str(person.pk), "name": person.name, "customer": visit.customer.name}
        events.record("visit.companion_invited", visit, actor=actor, at=at, **told)
    return visit


@transaction.atomic
def confirm_companion(*, actor: Actor, visit_id: UUID, at: datetime) -> Visit:
    """I was there too. Twice is once. Raises NotFound for whom the owner has not named."""
    actor.require("visit.read")
    visit: Visit = Visit.objects.select_related("customer", "owner").get_visible(actor, visit_id, lock=True)
    companion = (
        VisitCompanion.objects.filter(visit=visit, employee_id=actor.person_id).select_related("employee").first()
    )
    if companion is None:
        raise NotFound()
    if companion.confirmed_at is None:
        companion.confirmed_at = at
        companion.save(update_fields=["confirmed_at"])
        visit.change()
        told = {"name": companion.employee.name, "customer": visit.customer.name}
        events.record("visit.companion_confirmed", visit, actor=actor, at=at, **told)
    return visit
