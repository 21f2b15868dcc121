"""What superiors do about the visits of their people, who was there too, and exact positions."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query, Router

from backend.core import clock
from backend.visits import selectors, services
from backend.visits.models import Visit
from backend.visits.services.command import Outcome
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.routers.visits import item_of, visit_out
from mobile_api.schemas.visit_command import (
    CloseIn,
    CompanionsIn,
    PositionsOut,
    ReviewManyIn,
    ReviewOutcomesOut,
    WaitingFilters,
    WaitingListOut,
)
from mobile_api.schemas.visits import ReviewIn, VisitOut

router = Router(tags=["visits"])


@router.get("/visit-reviews", response=WaitingListOut)
def list_waiting(request: Request, query: Query[WaitingFilters]) -> HttpResponseBase:
    """Doubtful check-ins of my people that nobody has decided about."""
    rows = selectors.list_waiting(actor=request.auth)
    return json_reply(
        request, paging.page(rows, by="started_at", limit=query.limit, cursor=query.cursor, show=_waiting)
    )


@router.post("/visit-reviews", response=ReviewOutcomesOut)
def review_many(request: Request, body: ReviewManyIn) -> dict[str, Any]:
    """One decision about many; what came of each."""
    outcomes = services.review_many(actor=request.auth, at=clock.now(), **body.model_dump())
    return {"items": [_outcome(outcome) for outcome in outcomes]}


@router.post("/visits/{visit_id}/review", response=VisitOut)
def review(request: Request, visit_id: UUID, body: ReviewIn) -> dict[str, Any]:
    return visit_out(services.review(actor=request.auth, visit_id=visit_id, at=clock.now(), **body.model_dump()))


@router.post("/visits/{visit_id}/close", response=VisitOut)
def close_visit(request: Request, visit_id: UUID, body: CloseIn) -> dict[str, Any]:
    """Check out for one of my people who has forgotten it."""
    return visit_out(services.close_visit(actor=request.auth, visit_id=visit_id, reason=body.reason, at=clock.now()))


@router.post("/visits/{visit_id}/companions", response=VisitOut)
def invite_companions(request: Request, visit_id: UUID, body: CompanionsIn) -> dict[str, Any]:
    """They are told, and see the visit from now on."""
    return visit_out(
        services.invite_companions(
            actor=request.auth, visit_id=visit_id, employee_ids=body.employee_ids, at=clock.now()
        )
    )


@router.post("/visits/{visit_id}/companions/confirm", response=VisitOut)
def confirm_companion(request: Request, visit_id: UUID) -> dict[str, Any]:
    """I was there too."""
    return visit_out(services.confirm_companion(actor=request.auth, visit_id=visit_id, at=clock.now()))


@router.get("/visits/{visit_id}/positions", response=PositionsOut)
def read_positions(request: Request, visit_id: UUID) -> dict[str, Any]:
    """As the phone sent them. Unless they are my own, that I have read them is recorded."""
    found = services.read_positions(actor=request.auth, visit_id=visit_id, at=clock.now())
    visit = found.visit
    best = {"lat": visit.lat, "lng": visit.lng, "accuracy_m": visit.accuracy_m, "crs": "wgs84"}
    return {
        "position": best if visit.checked_in_at else None,
        "samples": [
            {
                "stage": sample.stage,
                "lat": sample.lat,
                "lng": sample.lng,
                "accuracy_m": sample.accuracy_m,
                "crs": sample.crs,
                "fixed_at": sample.fixed_at,
                "source": sample.source,
            }
            for sample in found.samples
        ],
        "coarse": found.coarse,
    }


def _waiting(visit: Visit) -> dict[str, Any]:
    return item_of(visit) | {"reasons": visit.reasons}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "visit_id": outcome.visit_id,
        "done": error is None,
        "code": error.code if error else None,
        "detail": str(error.text) if error else None,
    }
