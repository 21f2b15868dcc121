"""Reads about delegations, and who may arrange them and handovers for whom."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.text import bilingual
from backend.directory.models import Employee
from backend.directory.models.delegations import Delegation


class Box(StrEnum):
    GIVEN = "given"
    RECEIVED = "received"


SHOWN = ("giver", "delegate")


class NotInChargeOf(Forbidden):
    code = "not_in_charge_of_person"
    message = bilingual("您不能替此人安排。", "You may not arrange this for that person.")


class HasLeft(Conflict):
    code = "person_has_left"
    message = bilingual("此人已离职。", "This person has left the company.")


class Overlaps(Conflict):
    """`delegation_id` says with which one."""

    code = "delegation_overlaps"
    message = bilingual("同一时间、同类单据已有委托。", "Somebody stands in for these documents and days already.")


class Circular(Conflict):
    code = "delegation_circular"
    message = bilingual(
        "委托不能成环：对方同时把审批委托了出去。", "Delegations may not form a circle: the other has given his away."
    )


def delegates_of(*, employee_ids: Iterable[UUID], document_type: str, at: datetime) -> dict[UUID, Employee]:
    """Who stands in for these people when they are asked about this kind of document: {employee id: delegate}."""
    rows = (
        Delegation.objects.filter(giver_id__in=list(employee_ids))
        .in_force(at)
        .filter(Q(document_types=[]) | Q(document_types__contains=[document_type]))
        .select_related("delegate")
    )
    return {row.giver_id: row.delegate for row in rows}


def delegate_of(*, employee_id: UUID, document_type: str, at: datetime) -> Employee | None:
    return delegates_of(employee_ids=[employee_id], document_type=document_type, at=at).get(employee_id)


def list_delegations(*, actor: Actor, box: Box) -> QuerySet[Delegation]:
    """The actor's own, past ones too, newest first."""
    mine = {"giver_id": actor.person_id} if box == Box.GIVEN else {"delegate_id": actor.person_id}
    rows = Delegation.objects.filter(company_id=actor.company_id, **mine)
    return rows.select_related(*SHOWN).order_by("-created_at", "-id")


def get_delegation(*, actor: Actor, delegation_id: UUID, lock: bool = False) -> Delegation:
    """Raises NotFound, also for a hidden one."""
    rows = Delegation.objects.visible_to(actor).select_related(*SHOWN)
    if lock:
        rows = rows.select_for_update(of=("self",))
    delegation = rows.filter(pk=delegation_id).first()
    if delegation is None:
        raise NotFound()
    return delegation


def conflict_of(made: Delegation) -> Conflict | None:
    """What forbids this delegation beside the living ones of its company, whose row the caller has locked."""
    others = [
        other
        for other in Delegation.objects.filter(company_id=made.company_id, ended_at=None).exclude(pk=made.pk)
        if other.starts_at < made.ends_at and made.starts_at < other.ends_at and _share_a_kind(made, other)
    ]
    for other in others:
        if other.giver_id == made.giver_id:
            return Overlaps(delegation_id=other.pk)
    reached, ahead = set(), [made.delegate_id]
    while ahead:
        here = ahead.pop()
        if here == made.giver_id:
            return Circular()
        if here not in reached:
            reached.add(here)
            ahead += [other.delegate_id for other in others if other.giver_id == here]
    return None


def arranges_for(*, actor: Actor, employee: Employee) -> bool:
    """An administrator for everybody in the company, a superior for who works in his department or below it: never
    for those above him, who may sit there too."""
    if employee.company_id != actor.company_id:
        return False
    if actor.may("directory.manage"):
        return True
    departments = actor.subtree or (actor.department_id,)
    return (
        actor.may("handover.manage")
        and employee.department_id in departments
        and employee.pk not in superiors_of(employee_id=actor.person_id)
    )


def superiors_of(*, employee_id: UUID) -> set[UUID]:
    """The manager, his manager and so on."""
    found: set[UUID] = set()
    above = Employee.objects.values_list("manager_id", flat=True)
    here = above.get(pk=employee_id)
    while here is not None and here not in found:
        found.add(here)
        here = above.get(pk=here)
    return found


def _share_a_kind(one: Delegation, other: Delegation) -> bool:
    if not one.document_types or not other.document_types:
        return True
    return not set(one.document_types).isdisjoint(other.document_types)
