"""For whom somebody may plan."""

from collections.abc import Iterable
from uuid import UUID

from backend.core.actor import Actor, Scope
from backend.directory.models import Employee


def people_within_reach(actor: Actor, employee_ids: Iterable[UUID]) -> dict[UUID, Employee]:
    """Those of them for whom the actor may plan: himself, and who works where he sees visits."""
    people = Employee.objects.filter(company_id=actor.company_id, pk__in=employee_ids, is_active=True)
    if actor.scope("visit") != Scope.COMPANY:
        reach = set(actor.departments("visit"))
        people = people.filter(department_id__in=reach) | people.filter(pk=actor.person_id)
    return {person.pk: person for person in people}
