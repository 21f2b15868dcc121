"""Who may give whom which rights, and that a company never loses its last administrator.

Called inside the caller's transaction, after `hold_company`: checks of a whole company are only true while nobody else
changes it.
"""

from collections.abc import Iterable
from uuid import UUID

from backend.core.actor import Actor, Scope
from backend.core.errors import Conflict, Forbidden
from backend.core.text import bilingual
from backend.directory.models import Company, Employee, Role
from backend.directory.roles import ADMINISTRATION


class GrantsTooMuch(Forbidden):
    code = "grants_too_much"
    message = bilingual(
        "不能授予或管理超出您自身权限的角色。", "You may not grant, or manage people with, rights beyond your own."
    )


class LastAdministrator(Conflict):
    code = "last_administrator"
    message = bilingual("企业至少须保留一名管理员。", "A company needs at least one administrator.")


class LocksYouOut(Conflict):
    code = "locks_you_out"
    message = bilingual(
        "不能撤销自己的管理权限或将自己离职，请由另一位管理员操作。",
        "You may not take away your own administration. Ask another administrator.",
    )


def hold_company(actor: Actor) -> Company:
    """One change of the tree, the reporting lines and the rights of a company at a time; readers go on."""
    return Company.objects.select_for_update(no_key=True).get(pk=actor.company_id)


def require_power_to_grant(actor: Actor, roles: Iterable[Role]) -> None:
    """Raises GrantsTooMuch where one of the roles holds what the actor does not; an administrator grants anything."""
    if actor.may(ADMINISTRATION):
        return
    for role in roles:
        covered = (
            not role.is_staff
            and set(role.capabilities) <= actor.capabilities
            and set(role.fields) <= actor.fields
            and all(Scope(scope).reach <= actor.scope(resource).reach for resource, scope in role.scopes.items())
        )
        if not covered:
            raise GrantsTooMuch(role=role.code)


def require_power_over(actor: Actor, employee: Employee) -> None:
    """Raises GrantsTooMuch where the employee may do what the actor may not: whoever could set his password, or the
    telephone that proves his identity, could act as him."""
    if employee.pk != actor.employee_id:
        require_power_to_grant(actor, employee.roles.all())


def administrators(company_id: UUID) -> set[UUID]:
    rows = Employee.objects.filter(
        company_id=company_id, is_active=True, role_assignments__role__capabilities__contains=[ADMINISTRATION]
    )
    return set(rows.values_list("pk", flat=True))


def require_administrators_left(actor: Actor, before: set[UUID]) -> None:
    """`before` are the administrators of before the change. Raises LocksYouOut, LastAdministrator."""
    after = administrators(actor.company_id)
    if actor.employee_id in before - after:
        raise LocksYouOut()
    if before and not after:
        raise LastAdministrator()
