"""Carrying a plan out, set by set, inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from backend.core.actor import Actor
from backend.directory.models import Employee, Identity
from backend.directory.services import bulk, people, sessions
from backend.directory.services.bulk import NewDepartment, NewEmployee
from backend.events import services as events
from backend.wechat.directory.models import DepartmentLink, DirectoryConflict, MemberLink, WecomDirectory
from backend.wechat.directory.own import Own
from backend.wechat.directory.planning import Found, PartyStep, PersonStep, Plan

AT_ONCE = 1000


def carry_out(plan: Plan, own: Own, *, actor: Actor, seen_at: datetime, at: datetime) -> None:
    """`seen_at`: as of when the platform said so."""
    _departments(plan, own, actor=actor, seen_at=seen_at, at=at)
    DepartmentLink.objects.filter(pk__in=[link.pk for link in plan.gone_parties]).update(gone_at=at, seen_at=seen_at)
    _free_reused_ids(plan.people, own, actor=actor, at=at)
    _employees(plan.people, own, actor=actor, at=at)
    _member_links(plan.people, own, seen_at=seen_at)
    _identities(plan.people, own, actor=actor, at=at)
    _dismiss(plan.leaving, actor=actor, seen_at=seen_at, at=at)


def note_conflicts(found: Sequence[Found], own: Own, *, is_whole: bool, about: Iterable[str], at: datetime) -> None:
    """Keep what is new, and mark as gone what was not found again among `about` (all, after a whole comparison)."""
    directory = own.directory
    rows = [
        DirectoryConflict(
            company_id=directory.company_id,
            directory=directory,
            kind=item.kind,
            user_key=item.key,
            name=item.name,
            employee_id=item.employee_id,
            found_at=at,
        )
        for item in {(item.kind, item.key): item for item in found}.values()
    ]
    names = {(row.kind, row.user_key) for row in rows}
    _ask_again(directory, names)
    DirectoryConflict.objects.bulk_create(
        rows,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["directory", "kind", "user_key"],
        update_fields=["name", "employee", "gone_at"],
    )
    standing = DirectoryConflict.objects.filter(directory=directory, gone_at=None)
    if not is_whole:
        standing = standing.filter(user_key__in=list(about))
    gone = [row.pk for row in standing if (row.kind, row.user_key) not in names]
    DirectoryConflict.objects.filter(pk__in=gone).update(gone_at=at)


def _ask_again(directory: WecomDirectory, names: set[tuple[str, str]]) -> None:
    """What was settled and has come up once more is a new question."""
    settled = DirectoryConflict.objects.filter(directory=directory).exclude(gone_at=None)
    again = [row.pk for row in settled if (row.kind, row.user_key) in names]
    DirectoryConflict.objects.filter(pk__in=again).update(decision="", decided_by=None, decided_at=None)


def _departments(plan: Plan, own: Own, *, actor: Actor, seen_at: datetime, at: datetime) -> None:
    """Leaders may be people who are hired only after this, in the same transaction."""
    steps, leaders = plan.parties, plan.leaders
    new = [
        NewDepartment(
            step.department_id, f"wecom-{step.external_id}", step.name, step.parent_id, leaders.get(step.department_id)
        )
        for step in steps
        if step.is_new
    ]
    bulk.create_departments(actor=actor, rows=new, at=at)
    changes: dict[UUID, dict[str, object]] = {
        step.department_id: {"name": step.name, "parent_id": step.parent_id} for step in steps if step.has_changed
    }
    for step in steps:
        if step.department_id in leaders and not step.is_new:
            changes.setdefault(step.department_id, {})["leader_id"] = leaders[step.department_id]
    if changes:
        bulk.change_departments(actor=actor, changes=changes, at=at)
    links = [
        DepartmentLink(
            company_id=own.company.pk,
            directory=own.directory,
            external_id=step.external_id,
            department_id=step.department_id,
            leaders=list(step.leaders),
            seen_at=seen_at,
        )
        for step in steps
        if _is_news(step, own)
    ]
    DepartmentLink.objects.bulk_create(
        links,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["directory", "external_id"],
        update_fields=["leaders", "seen_at", "gone_at"],
    )


def _is_news(step: PartyStep, own: Own) -> bool:
    link = own.parties.get(step.external_id)
    return link is None or step.has_changed or tuple(link.leaders) != step.leaders or link.gone_at is not None


def _free_reused_ids(steps: Sequence[PersonStep], own: Own, *, actor: Actor, at: datetime) -> None:
    """The id of a leaver now names another person: he keeps his history, and loses the door."""
    for step in steps:
        if step.is_hired and (link := own.members.pop(step.person.key, None)) is not None:
            unbind(actor=actor, directory=own.directory, key=step.person.key, at=at)
            own.identities.pop(step.person.key, None)
            link.delete()


def _employees(steps: Sequence[PersonStep], own: Own, *, actor: Actor, at: datetime) -> None:
    hired = [_new_employee(step, own) for step in steps if step.is_hired]
    if hired:
        bulk.hire(actor=actor, rows=hired, at=at)
    for step in steps:
        if step.is_back:
            _take_back(step.employee_id, actor=actor, at=at)
    changes = {step.employee_id: step.after for step in steps if step.after and not step.is_hired}
    if changes:
        bulk.change_employees(actor=actor, changes=changes, at=at)


def _new_employee(step: PersonStep, own: Own) -> NewEmployee:
    told = step.after
    manager, department = told.get("manager_id"), told["department_id"]
    assert isinstance(department, UUID)
    return NewEmployee(
        id=step.employee_id,
        number=step.number,
        name=step.person.name,
        department_id=department,
        manager_id=manager if isinstance(manager, UUID) else None,
        role_codes=(own.directory.leader_role if step.leads else own.directory.member_role,),
        phone=str(told.get("phone", "")),
        email=str(told.get("email", "")),
    )


def _take_back(employee_id: UUID, *, actor: Actor, at: datetime) -> None:
    employee = Employee.objects.select_for_update().get(pk=employee_id, company_id=actor.company_id)
    if not employee.is_active:
        employee.is_active, employee.version = True, employee.version + 1
        employee.save(update_fields=["is_active", "version"])
        events.record("employee.rehired", employee, actor=actor, at=at)
        sessions.forget_rights(actor=actor, employee_id=employee_id, at=at)


def _member_links(steps: Sequence[PersonStep], own: Own, *, seen_at: datetime) -> None:
    """By employee: one whose id was changed keeps his link."""
    links = [
        MemberLink(
            company_id=own.company.pk,
            directory=own.directory,
            user_id=step.person.user_id,
            user_key=step.person.key,
            employee_id=step.employee_id,
            seen_at=seen_at,
        )
        for step in steps
    ]
    MemberLink.objects.bulk_create(
        links,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["directory", "employee"],
        update_fields=["user_id", "user_key", "seen_at", "left_at"],
    )


def _identities(steps: Sequence[PersonStep], own: Own, *, actor: Actor, at: datetime) -> None:
    """The door of WeCom opens for whom we have taken over, under the id he has now."""
    missing = [step for step in steps if not _is_bound(step, own)]
    provider, tenant = Identity.Provider.WECOM, own.directory.corp_id
    ids = [step.employee_id for step in missing]
    Identity.objects.filter(provider=provider, tenant=tenant, employee__in=ids).delete()
    bound = [
        Identity(
            company_id=own.company.pk,
            employee_id=step.employee_id,
            provider=provider,
            tenant=tenant,
            subject=step.person.user_id,
            subject_key=step.person.key,
        )
        for step in missing
    ]
    Identity.objects.bulk_create(bound, batch_size=AT_ONCE)
    told = [(Employee(pk=pk, company_id=own.company.pk), {"provider": provider, "tenant": tenant}) for pk in ids]
    events.record_many("employee.identity_bound", told, actor=actor, at=at)


def _is_bound(step: PersonStep, own: Own) -> bool:
    identity = own.identities.get(step.person.key)
    return identity is not None and identity.employee_id == step.employee_id


def _dismiss(links: Sequence[MemberLink], *, actor: Actor, seen_at: datetime, at: datetime) -> None:
    for link in links:
        people.dismiss(actor=actor, employee_id=link.employee_id, at=at)
    MemberLink.objects.filter(pk__in=[link.pk for link in links]).update(left_at=at, seen_at=seen_at)


def unbind(*, actor: Actor, directory: WecomDirectory, key: str, at: datetime) -> None:
    """Close the door that this member's id opened, and end what came in by it. Twice is once."""
    whose = Q(provider=Identity.Provider.WECOM, tenant=directory.corp_id, subject_key=key)
    identity = Identity.objects.filter(whose, company_id=directory.company_id).select_related("employee").first()
    if identity is not None:
        identity.delete()
        told = {"provider": identity.provider, "tenant": identity.tenant}
        events.record("employee.identity_unbound", identity.employee, actor=actor, at=at, **told)
        sessions.end_all_sessions(actor=actor, employee_id=identity.employee_id, reason="identity_unbound", at=at)
