"""Where a customer without a place is, as a visit found it."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query, Router, Status

from backend.core import clock
from backend.visits import selectors
from backend.visits.models import PlaceProposal
from backend.visits.services import proposals
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.schemas.visit_command import PlaceProposalOut, PlaceProposalsOut, ProposalFilters

router = Router(tags=["visits"])


@router.post("/visits/{visit_id}/place-proposal", response={200: PlaceProposalOut, 201: PlaceProposalOut})
def propose_place(request: Request, visit_id: UUID) -> Status[dict[str, Any]]:
    """The customer is where I checked in."""
    proposal, created = proposals.propose_place(actor=request.auth, visit_id=visit_id, at=clock.now())
    return Status(201 if created else 200, _proposal(proposal))


@router.get("/place-proposals", response=PlaceProposalsOut)
def list_proposals(request: Request, query: Query[ProposalFilters]) -> HttpResponseBase:
    """What waits."""
    rows = selectors.list_proposals(actor=request.auth)
    return json_reply(
        request, paging.page(rows, by="created_at", limit=query.limit, cursor=query.cursor, show=_proposal)
    )


@router.post("/place-proposals/{proposal_id}/accept", response=PlaceProposalOut)
def accept_place(request: Request, proposal_id: UUID) -> dict[str, Any]:
    return _proposal(proposals.decide_place(actor=request.auth, proposal_id=proposal_id, accept=True, at=clock.now()))


@router.post("/place-proposals/{proposal_id}/decline", response=PlaceProposalOut)
def decline_place(request: Request, proposal_id: UUID) -> dict[str, Any]:
    return _proposal(proposals.decide_place(actor=request.auth, proposal_id=proposal_id, accept=False, at=clock.now()))


def _proposal(proposal: PlaceProposal) -> dict[str, Any]:
    return {
        "id": proposal.pk,
        "visit_id": proposal.visit_id,
        "customer": {"id": proposal.customer_id, "name": proposal.customer.name},
        "owner": {"id": proposal.owner_id, "name": proposal.owner.name},
        "lat": proposal.lat,
        "lng": proposal.lng,
        "accuracy_m": proposal.accuracy_m,
        "status": proposal.status,
        "created_at": proposal.created_at,
        "decided_at": proposal.decided_at,
    }
