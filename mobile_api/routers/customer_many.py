"""One command for up to two hundred customers, and the words a company has for them."""

from collections.abc import Iterable
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import translation
from ninja import Router

from backend.core import clock
from backend.customers import selectors, services
from backend.customers.services.many import Outcome
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.problems import language_of
from mobile_api.schemas.base import Key
from mobile_api.schemas.customer_many import (
    AssignManyIn,
    CustomerOutcomesOut,
    ReleaseManyIn,
    ShareManyIn,
    TagManyIn,
)
from mobile_api.schemas.customers import DictionaryOut

router = Router(tags=["customers"])


@router.post("/customers/assign", response=CustomerOutcomesOut)
def assign_many(request: Request, body: AssignManyIn) -> dict[str, Any]:
    return _outcomes(services.assign_many(actor=request.auth, at=clock.now(), **body.model_dump()))


@router.post("/customers/share", response=CustomerOutcomesOut)
def share_many(request: Request, body: ShareManyIn) -> dict[str, Any]:
    return _outcomes(services.share_many(actor=request.auth, at=clock.now(), **body.model_dump()))


@router.post("/customers/release", response=CustomerOutcomesOut)
def release_many(request: Request, body: ReleaseManyIn) -> dict[str, Any]:
    return _outcomes(services.release_many(actor=request.auth, at=clock.now(), **body.model_dump()))


@router.post("/customers/tags", response=CustomerOutcomesOut)
def tag_many(request: Request, body: TagManyIn) -> dict[str, Any]:
    return _outcomes(services.tag_many(actor=request.auth, at=clock.now(), **body.model_dump()))


@router.get("/dictionaries/{kind}", response=DictionaryOut)
def get_dictionary(request: Request, kind: Key) -> HttpResponseBase:
    """The company's own words, in their order: `customer_level`, `customer_type`, `customer_source`, `customer_tag`."""
    entries = selectors.list_entries(actor=request.auth, kind=kind)
    with translation.override(language_of(request)):
        return json_reply(request, {"items": [{"code": entry.code, "name": entry.label} for entry in entries]})


def _outcomes(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    return {
        "items": [
            {
                "customer_id": outcome.customer_id,
                "done": outcome.error is None,
                "code": outcome.error.code if outcome.error else None,
                "detail": str(outcome.error.text) if outcome.error else None,
            }
            for outcome in outcomes
        ]
    }
