from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor, Scope
from backend.directory.models import Employee, Revocation

NAMED = 100
"""Beyond this many people a notice to forget everybody costs each process less than one for each of them."""


@transaction.atomic
def forget_rights_of(*, actor: Actor, employee_ids: Iterable[UUID], at: datetime) -> None:
    """Make every process read these employees' rights anew; their sessions go on."""
    ids = sorted(set(employee_ids))
    named: list[UUID | None] = [None] if len(ids) > NAMED else [*ids]
    Revocation.objects.bulk_create(
        Revocation(company_id=actor.company_id, employee_id=employee_id, at=at) for employee_id in named
    )


@transaction.atomic
def forget_subtrees_of(*, actor: Actor, department_ids: Iterable[UUID], at: datetime) -> None:
    """The same for everybody in these departments who sees what lies below them."""
    people = Employee.objects.filter(
        company_id=actor.company_id, is_active=True, department_id__in=list(department_ids)
    ).prefetch_related("roles")
    concerned = [one.pk for one in people if any(Scope.SUBTREE in role.scopes.values() for role in one.roles.all())]
    forget_rights_of(actor=actor, employee_ids=concerned, at=at)
