"""Whom an event concerns: functions from an event to employee ids, before anybody is left out."""

from collections.abc import Iterable
from uuid import UUID

from backend.approvals.models import Approval
from backend.customers.models import CustomerImport
from backend.directory.models import Delegation, Device, Employee, Handover
from backend.directory.selectors import actor_for, employees_with
from backend.directory.standing_in import delegates_of
from backend.events.models import Event
from backend.events.owed import PermanentFailure
from backend.exports.models import Export
from backend.orders.models import Follower
from backend.visits.models import PlanSubstitution
from notifications.subjects import subject_of


def owner(event: Event) -> Iterable[UUID]:
    return subject_of(event).values_list("owner_id", flat=True)


def who_follows_up(event: Event) -> Iterable[UUID]:
    """Whoever made the visit; where he has left, the owner of its customer."""
    rows = subject_of(event).values_list("owner_id", "owner__is_active", "customer__owner_id")
    return [made_by if is_here or in_charge is None else in_charge for made_by, is_here, in_charge in rows]


def former_owner(event: Event) -> Iterable[UUID]:
    return [UUID(event.data["before"]["owner_id"])] if event.data["before"]["owner_id"] else []


def co_owners_added(event: Event) -> Iterable[UUID]:
    return map(UUID, set(event.data["after"]["co_owners"]) - set(event.data["before"]["co_owners"]))


def manager_of_owner(event: Event) -> Iterable[UUID]:
    return subject_of(event).filter(owner__manager__isnull=False).values_list("owner__manager_id", flat=True)


def approvers_and_delegates(event: Event) -> Iterable[UUID]:
    """Whom the approval asks now, as it says itself, and who stands in for them; nobody decides what he submitted."""
    asked = [UUID(person) for person in event.data["approvers"]]
    approval = Approval.objects.get(pk=event.subject_id)
    delegates = delegates_of(employee_ids=asked, document_type=approval.document_type, at=event.at).values()
    return {*asked, *(person.pk for person in delegates)} - {approval.owner_id}


def in_whose_name(event: Event) -> Iterable[UUID]:
    return [event.on_behalf_of_id] if event.on_behalf_of_id else []


def giver_and_delegate(event: Event) -> Iterable[UUID]:
    return Delegation.objects.values_list("giver_id", "delegate_id").get(pk=event.subject_id)


def handed_over_to(event: Event) -> Iterable[UUID]:
    """The successors, the managers on both sides, and whose work it was."""
    handover = Handover.objects.get(pk=event.subject_id)
    people = {handover.leaver_id, *handover.successor_ids}
    managers = Employee.objects.filter(pk__in=people, manager__isnull=False).values_list("manager_id", flat=True)
    return {*people, *managers}


def approvers_of_device(event: Event) -> Iterable[UUID]:
    """Who may approve it: the person himself on a device that is trusted already; without one, an administrator."""
    device = Device.objects.get(pk=event.subject_id)
    trusted = Device.objects.filter(employee_id=device.employee_id, status=Device.Status.TRUSTED)
    if trusted.exists():
        return [device.employee_id]
    administrators = employees_with(company_id=event.company_id, capability="directory.manage")
    return {device.employee_id, *administrators.values_list("pk", flat=True)}


def absent_and_substitute(event: Event) -> Iterable[UUID]:
    return PlanSubstitution.objects.values_list("absent_id", "substitute_id").get(pk=event.subject_id)


def owner_and_followers(event: Event) -> Iterable[UUID]:
    followers = Follower.objects.filter(order_id=event.subject_id).values_list("employee_id", flat=True)
    return {*owner(event), *followers}


def in_charge_of_customer(event: Event) -> Iterable[UUID]:
    """The customer's owner, and the manager of whoever found the place."""
    people = subject_of(event).values_list("customer__owner_id", "owner__manager_id")
    return {person for pair in people for person in pair if person is not None}


def named_companion(event: Event) -> Iterable[UUID]:
    return [UUID(event.data["employee_id"])]


def who_asked_for_export(event: Event) -> Iterable[UUID]:
    return Export.objects.filter(pk=event.subject_id).values_list("requested_by_id", flat=True)


def who_uploaded_customers(event: Event) -> Iterable[UUID]:
    return CustomerImport.objects.filter(pk=event.subject_id).values_list("created_by_id", flat=True)


def who_may_know(event: Event, ids: Iterable[UUID]) -> list[Employee]:
    """Of these people those to tell: not who did it himself, not who has left, not who may not see the subject.

    Raises PermanentFailure where one is of another company: then the event itself is wrong.
    """
    people = list(Employee.objects.filter(pk__in=set(ids) - {event.actor_id}))
    if any(person.company_id != event.company_id for person in people):
        raise PermanentFailure(f"{event}: a recipient belongs to another company")
    return [person for person in people if person.is_active and _sees_subject(person, event)]


def _sees_subject(person: Employee, event: Event) -> bool:
    return subject_of(event).visible_to(actor_for(person)).exists()
