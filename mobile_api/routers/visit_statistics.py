"""Figures about visits."""

from dataclasses import asdict
from typing import Any

from django.http.response import HttpResponseBase
from ninja import Query, Router

from backend.visits.selectors import statistics
from backend.visits.selectors.statistics import By, Figures, Narrowed
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.schemas.visit_statistics import StatisticsFilters, VisitStatisticsOut

router = Router(tags=["visits"])


@router.get("/visits/statistics", response=VisitStatisticsOut)
def visit_statistics(request: Request, query: Query[StatisticsFilters]) -> HttpResponseBase:
    """Of at most a year, by one thing; of exactly the visits, plans and customers that I see."""
    found = statistics.statistics(
        actor=request.auth,
        first=query.first,
        last=query.last,
        by=By(query.by),
        narrowed=Narrowed(query.owner, query.department, query.level),
    )
    items = [{"key": group.key, "name": group.name, **_shown(group.figures)} for group in found.groups]
    told = {"first": query.first, "last": query.last, "by": query.by, "items": items, "totals": _shown(found.totals)}
    return json_reply(request, told)


def _shown(figures: Figures) -> dict[str, Any]:
    proven = figures.verified + figures.accepted
    return asdict(figures) | {
        "average_minutes": _share(figures.minutes, figures.timed, 1),
        "verified_share": _share(proven, figures.visits),
        "kept_share": _share(figures.kept, figures.planned),
        "coverage": _share(figures.covered, figures.in_charge),
    }


def _share(part: int | None, whole: int | None, decimals: int = 4) -> float | None:
    return round(part / whole, decimals) if whole and part is not None else None
