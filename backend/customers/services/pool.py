"""Who looks after a customer: the public pool (公海), its owner and those who answer for it beside him."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.customers import around
from backend.customers.errors import AlreadyClaimed, ClaimLimit, NotInCharge
from backend.customers.models import Contact, CoOwner, Customer, PoolRules
from backend.directory.models import Employee
from backend.directory.selectors import timezone_of
from backend.directory.services import people
from backend.documents.holdings import hide
from backend.events import services as events


@transaction.atomic
def claim_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Out of the public pool into the actor's hands. Twice is once; of two at once one wins.

    Raises AlreadyClaimed for a customer that somebody took out of the pool, where everybody had seen it; NotFound for
    any other that the actor does not see; ClaimLimit.
    """
    actor.require("customer.write")
    people.one_at_a_time(actor=actor)
    customer = (
        Customer.objects.select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk=customer_id, company_id=actor.company_id, deleted_at=None)
        .first()
    )
    if customer is None:
        raise NotFound()
    if customer.owner_id == actor.person_id:
        return customer
    if not customer.in_pool:
        seen = customer.claimed_at is not None or Customer.objects.visible_to(actor).filter(pk=customer_id).exists()
        raise AlreadyClaimed() if seen else NotFound()
    _within_limits(actor, at)
    customer.change(owner_id=actor.person_id, department_id=actor.home_id, claimed_at=at)
    after = {"owner_id": str(customer.owner_id)}
    events.record("customer.claimed", customer, actor=actor, at=at, before={"owner_id": None}, after=after)
    return customer


@transaction.atomic
def release_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Into the public pool. Twice is once."""
    actor.require("customer.write")
    customer: Customer = Customer.objects.get_visible(actor, customer_id, lock=True)
    if customer.in_pool:
        return customer
    if not customer.in_charge(actor):
        raise NotInCharge()
    before = {"owner_id": str(customer.owner_id)}
    customer.change(owner=None)
    _part_from_co_owners(customer, keep=())
    events.record("customer.released", customer, actor=actor, at=at, before=before, after={"owner_id": None})
    return customer


@transaction.atomic
def assign_customer(*, actor: Actor, customer_id: UUID, owner_id: UUID, version: int | None, at: datetime) -> Customer:
    """Into the hands of a colleague: by its owner, or by whoever's data scope holds it, also out of the pool.

    Twice is once; limits of claiming do not bind who assigns. Raises VersionConflict, so that of two who assign it at
    once only one does, unless `version` is None; NotInCharge, NotFound for a colleague who is none or has left.
    """
    actor.require("customer.write")
    customer: Customer = Customer.objects.select_related("owner").get_visible(actor, customer_id, lock=True)
    if customer.owner_id == owner_id:
        return customer
    if not customer.in_charge(actor):
        raise NotInCharge()
    if version is not None:
        customer.require_version(version)
    owner = Employee.objects.filter(pk=owner_id, company_id=actor.company_id, is_active=True).first()
    if owner is None:
        raise NotFound()
    before = {"owner_id": str(customer.owner_id) if customer.owner_id else None}
    customer.change(owner=owner, department_id=owner.department_id, claimed_at=None)
    _part_from_co_owners(customer, keep=CoOwner.objects.filter(customer=customer).exclude(employee=owner))
    told = {"before": before, "after": {"owner_id": str(owner.pk)}, "name": customer.name}
    events.record("customer.assigned", customer, actor=actor, at=at, **told)
    return customer


@transaction.atomic
def share_customer(*, actor: Actor, customer_id: UUID, employee_ids: Collection[UUID], at: datetime) -> Customer:
    """Let exactly these colleagues answer for it beside its owner; none takes it back from all. Twice is once.

    Raises NotInCharge, NotFound for a colleague who is none or has left.
    """
    actor.require("customer.write")
    customer: Customer = Customer.objects.select_related("owner").get_visible(actor, customer_id, lock=True)
    if not customer.in_charge(actor):
        raise NotInCharge()
    wanted = set(employee_ids) - {customer.owner_id}
    colleagues = Employee.objects.filter(pk__in=wanted, company_id=actor.company_id, is_active=True)
    if set(colleagues.values_list("pk", flat=True)) != wanted:
        raise NotFound()
    before = set(customer.co_owners.values_list("employee_id", flat=True))
    if before == wanted:
        return customer
    _part_from_co_owners(customer, keep=CoOwner.objects.filter(customer=customer, employee_id__in=wanted))
    CoOwner.objects.bulk_create(
        CoOwner(company_id=customer.company_id, customer=customer, employee_id=pk) for pk in sorted(wanted - before)
    )
    customer.show_to(sorted(wanted))
    customer.change()
    told = {"before": {"co_owners": _listed(before)}, "after": {"co_owners": _listed(wanted)}, "name": customer.name}
    events.record("customer.shared", customer, actor=actor, at=at, **told)
    return customer


@transaction.atomic
def return_idle(*, company_id: UUID, at: datetime, most: int = 500) -> int:
    """Into the public pool what has lain idle for as long as the company's rules allow; how many, at most `most`.

    Idle is a customer that neither was changed or changed hands nor got a contact, a visit, an order or whatever else
    `around` knows of. One that somebody works on just now is left for the next time.
    """
    rules = PoolRules.objects.filter(company_id=company_id).first()
    if rules is None or rules.return_after_days is None:
        return 0
    since = at - timedelta(days=rules.return_after_days)
    rows = Customer.objects.filter(
        company_id=company_id,
        owner__isnull=False,
        deleted_at=None,
        updated_at__lt=since,
        status__in=rules.returned_statuses,
    )
    rows = rows.exclude(Exists(Contact.objects.filter(customer=OuterRef("pk"), created_at__gte=since)))
    for facet in around.registered():
        if facet.happened:
            rows = rows.exclude(Exists(facet.rows_of(OuterRef("pk"), since=since)))
    idle = list(rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))[:most])
    actor = Actor.system(company_id)
    for customer in idle:
        before = {"owner_id": str(customer.owner_id)}
        customer.change(owner=None)
        _part_from_co_owners(customer, keep=())
        told = {"before": before, "after": {"owner_id": None}, "name": customer.name}
        events.record("customer.returned", customer, actor=actor, at=at, days=rules.return_after_days, **told)
    return len(idle)


@transaction.atomic
def set_pool_rules(
    *,
    actor: Actor,
    most_held: int | None,
    claims_a_day: int | None,
    return_after_days: int | None,
    returned_statuses: Collection[str] = (Customer.Status.PROSPECT,),
    at: datetime,
) -> PoolRules:
    """The company's rules from now on; whoever holds more than is allowed keeps it. Twice is once."""
    actor.require("role.manage")
    given = {
        "most_held": most_held,
        "claims_a_day": claims_a_day,
        "return_after_days": return_after_days,
        "returned_statuses": sorted(set(returned_statuses)),
    }
    PoolRules.objects.get_or_create(company_id=actor.company_id)
    rules = PoolRules.objects.select_for_update().get(company_id=actor.company_id)
    before = {name: getattr(rules, name) for name in given}
    if before != given:
        for name, value in given.items():
            setattr(rules, name, value)
        rules.save(update_fields=list(given))
        events.record("pool_rules.changed", rules, actor=actor, at=at, before=before, after=given)
    return rules


def _within_limits(actor: Actor, at: datetime) -> None:
    """The caller has locked the person, so that two claims of his cannot both be the last one allowed."""
    rules = PoolRules.objects.filter(company_id=actor.company_id).first()
    if rules is None:
        return
    mine = Customer.objects.filter(company_id=actor.company_id, owner_id=actor.person_id, deleted_at=None)
    if rules.most_held is not None:
        held = mine.exclude(status__in=[Customer.Status.CLOSED, Customer.Status.BAD]).count()
        if held >= rules.most_held:
            raise ClaimLimit(of="most_held", limit=rules.most_held)
    if rules.claims_a_day is not None:
        zone = timezone_of(company_id=actor.company_id)
        today = clock.start_of(clock.today_in(zone, at), zone)
        if mine.filter(claimed_at__gte=today).count() >= rules.claims_a_day:
            raise ClaimLimit(of="claims_a_day", limit=rules.claims_a_day)


def _part_from_co_owners(customer: Customer, *, keep: Any) -> None:
    """From all but those to `keep`; what they saw as co-owners they see no longer."""
    kept = {row.pk for row in keep}
    gone = [row for row in customer.co_owners.all() if row.pk not in kept]
    for row in gone:
        hide([(Customer._meta.label_lower, customer.pk)], row.employee_id)
        row.delete()


def _listed(ids: Iterable[UUID]) -> list[str]:
    return sorted(map(str, ids))
