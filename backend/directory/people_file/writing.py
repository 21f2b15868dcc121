"""Carrying the good rows of a plan out, set by set, inside the caller's transaction that holds the company."""

from collections.abc import Sequence
from datetime import datetime

from backend.core.actor import Actor
from backend.directory.models import Employee, Identity
from backend.directory.people_file.planning import Plan, Step
from backend.directory.people_file.state import State
from backend.directory.services import bindings, bulk, employees, people
from backend.events import services as events

AT_ONCE = 1000


def carry_out(plan: Plan, state: State, *, actor: Actor, at: datetime) -> None:
    """Departments name leaders, and people managers, who come only further down: constraints are checked at the end."""
    _departments([step for step in plan.departments if step.is_good], actor, at)
    good = [step for step in plan.employees if step.is_good]
    _people(good, actor, at)
    for step in good:
        if step.is_back:
            employees.rehire(actor=actor, employee_id=step.id, at=at)
    wanted = {step.id: step.roles for step in good if step.roles is not None and not step.is_new}
    if wanted:
        bulk.assign_roles(actor=actor, wanted=wanted, at=at)
    _accounts([step for step in good if step.wecom is not None], state, actor, at)
    for step in good:
        if step.leaves:
            people.dismiss(actor=actor, employee_id=step.id, at=at)


def _departments(steps: Sequence[Step], actor: Actor, at: datetime) -> None:
    # Bonds to new ones hold at the end of the transaction; that the tree is one is checked when all of it is there.
    new = [bulk.NewDepartment(id=step.id, code=step.key, **step.after) for step in steps if step.is_new]
    changes = {step.id: step.after for step in steps if step.after and not step.is_new}
    bulk.create_departments(actor=actor, rows=new, at=at)
    if changes:
        bulk.change_departments(actor=actor, changes=changes, at=at)


def _people(steps: Sequence[Step], actor: Actor, at: datetime) -> None:
    new = [
        bulk.NewEmployee(
            id=step.id,
            number=step.key,
            role_codes=tuple(sorted(step.roles or ())),
            **{"manager_id": None, **step.after},
        )
        for step in steps
        if step.is_new
    ]
    changes = {step.id: step.after for step in steps if step.after and not step.is_new}
    if new:
        bulk.hire(actor=actor, rows=new, at=at)
    if changes:
        bulk.change_employees(actor=actor, changes=changes, at=at)


def _accounts(steps: Sequence[Step], state: State, actor: Actor, at: datetime) -> None:
    """Accounts that change hands are all let go before the first is taken."""
    for step in steps:
        if (bound := state.identities.get(step.id)) is not None:
            bindings.unbind_identity(actor=actor, identity_id=bound.pk, at=at)
    made = [
        Identity(
            company_id=actor.company_id,
            employee_id=step.id,
            provider=Identity.Provider.WECOM,
            tenant=state.corporation or "",
            subject=step.wecom or "",
            subject_key=Identity.key_of(Identity.Provider.WECOM, step.wecom or ""),
            how=Identity.How.DIRECTORY,
            bound_at=at,
        )
        for step in steps
        if step.wecom
    ]
    Identity.objects.bulk_create(made, batch_size=AT_ONCE)
    told = [
        (
            Employee(pk=row.employee_id, company_id=row.company_id),
            {"provider": row.provider, "tenant": row.tenant, "how": row.how},
        )
        for row in made
    ]
    events.record_many("employee.identity_bound", told, actor=actor, at=at)
