"""A visit that is proven to have taken place knows where the customer is."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.customers.errors import NotInCharge
from backend.customers.models import Customer
from backend.customers.services import change_customer
from backend.events import services as events
from backend.visits.errors import AlreadyDecided, CustomerHasPlace, PlaceNotProven, PlaceProposed
from backend.visits.models import PlaceProposal, Visit
from backend.visits.own import own_visit
from backend.visits.rules import Code

Status = PlaceProposal.Status
NO_MATTER = {Code.CUSTOMER_WITHOUT_PLACE, Code.NEW_DEVICE}
"""Reasons that say nothing against the position itself."""


@transaction.atomic
def propose_place(*, actor: Actor, visit_id: UUID, at: datetime) -> tuple[PlaceProposal, bool]:
    """By whoever makes the visit. The new proposal and True; sent again, the stored one and False.

    Raises PlaceNotProven unless the position is beyond doubt or a superior has accepted it, CustomerHasPlace, and
    PlaceProposed where another visit's waits.
    """
    visit = own_visit(actor, visit_id)
    if stored := PlaceProposal.objects.filter(visit=visit).first():
        return stored, False
    if not _is_proven(visit) or visit.lat is None or visit.lng is None or visit.accuracy_m is None:
        raise PlaceNotProven()
    customer = Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=visit.customer_id)
    if customer.place is not None:
        raise CustomerHasPlace()
    if PlaceProposal.objects.filter(customer=customer, status=Status.PROPOSED).exists():
        raise PlaceProposed()
    proposal = PlaceProposal.objects.create(
        company_id=visit.company_id,
        customer=customer,
        visit=visit,
        owner_id=visit.owner_id,
        lat=visit.lat,
        lng=visit.lng,
        accuracy_m=visit.accuracy_m,
        created_at=at,
    )
    events.record("place.proposed", proposal, actor=actor, at=at, customer=customer.name, owner=visit.owner.name)
    return proposal, True


@transaction.atomic
def decide_place(*, actor: Actor, proposal_id: UUID, accept: bool, at: datetime) -> PlaceProposal:
    """By whoever is in charge of the customer, who may as well set the place himself. The same decision twice is once.

    Raises NotFound, NotInCharge, AlreadyDecided with the decision that stands, CustomerHasPlace where somebody has said
    meanwhile where it is.
    """
    actor.require("customer.write")
    rows = PlaceProposal.objects.visible_to(actor).select_related("customer", "owner").filter(pk=proposal_id)
    proposal = rows.select_for_update(of=("self",)).first()
    if proposal is None:
        raise NotFound()
    customer = Customer.objects.select_for_update(no_key=True, of=("self",)).get(pk=proposal.customer_id)
    if not customer.in_charge(actor):
        raise NotInCharge()
    wanted = Status.ACCEPTED if accept else Status.DECLINED
    if proposal.status != Status.PROPOSED:
        if proposal.status != wanted:
            raise AlreadyDecided(decision=proposal.status)
        return proposal
    if accept:
        if customer.place is not None:
            raise CustomerHasPlace()
        place = {"lat": proposal.lat, "lng": proposal.lng, "crs": "wgs84"}
        change_customer(
            actor=actor,
            customer_id=customer.pk,
            version=customer.version,
            changes={"place": place},  # type: ignore[typeddict-item]
            at=at,
        )
    proposal.status, proposal.decided_by_id, proposal.decided_at = wanted, actor.employee_id, at
    proposal.save(update_fields=["status", "decided_by", "decided_at"])
    told = {"decision": wanted.value, "customer": customer.name, "owner": proposal.owner.name}
    events.record("place.decided", proposal, actor=actor, at=at, **told)
    return proposal


def _is_proven(visit: Visit) -> bool:
    if visit.checked_in_at is None or visit.decision == Visit.Decision.REJECTED:
        return False
    doubts = {reason["code"] for reason in visit.reasons} - NO_MATTER
    return not doubts or visit.decision == Visit.Decision.ACCEPTED
