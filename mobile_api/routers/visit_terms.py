"""On what terms check-ins are taken: thresholds, times, consent."""

from dataclasses import asdict
from typing import Any

from ninja import Router, Status

from backend.core import clock
from backend.visits.models import ConsentText, VisitPolicy
from backend.visits.selectors import terms
from backend.visits.services import policies
from mobile_api.auth import Request
from mobile_api.schemas.visit_terms import (
    ConsentIn,
    ConsentOut,
    ConsentTextIn,
    ConsentTextOut,
    ConsentTextsOut,
    PolicyIn,
    PolicyOut,
)

router = Router(tags=["visits"])


@router.get("/visit-policy", response=PolicyOut)
def get_policy(request: Request) -> dict[str, Any]:
    return _policy(terms.get_policy(actor=request.auth, at=clock.now()))


@router.put("/visit-policy", response=PolicyOut)
def put_policy(request: Request, body: PolicyIn) -> dict[str, Any]:
    """For check-ins from now on."""
    changes: policies.PolicyChanges = {
        "limits": body.limits.model_dump(exclude_none=True),
        "positions_kept_days": body.positions_kept_days,
        "closes_after_h": body.closes_after_h,
    }
    return _policy(policies.put_policy(actor=request.auth, version=body.version, changes=changes, at=clock.now()))


@router.get("/position-consent", response=ConsentOut)
def get_consent(request: Request) -> dict[str, Any]:
    """What I am asked to agree to before checking in, and whether I have."""
    return _consent(request)


@router.post("/position-consent", response=ConsentOut)
def give_consent(request: Request, body: ConsentIn) -> dict[str, Any]:
    policies.give_consent(actor=request.auth, text_id=body.text_id, at=clock.now())
    return _consent(request)


@router.delete("/position-consent", response={204: None})
def withdraw_consent(request: Request) -> Status[None]:
    policies.withdraw_consent(actor=request.auth, at=clock.now())
    return Status(204, None)


@router.get("/position-consent/texts", response=ConsentTextsOut)
def list_texts(request: Request) -> dict[str, Any]:
    return {"items": [_text(text) for text in terms.list_texts(actor=request.auth)]}


@router.post("/position-consent/texts", response={200: ConsentTextOut, 201: ConsentTextOut})
def publish_text(request: Request, body: ConsentTextIn) -> Status[dict[str, Any]]:
    """Everybody is asked anew before his next check-in."""
    text, created = policies.publish_consent_text(actor=request.auth, zh=body.zh, en=body.en, at=clock.now())
    return Status(201 if created else 200, _text(text))


def _policy(policy: VisitPolicy) -> dict[str, Any]:
    return {
        "version": policy.version,
        "limits": asdict(policy.in_force),
        "changed": sorted(policy.limits),
        "positions_kept_days": policy.positions_kept_days,
        "closes_after_h": policy.closes_after_h,
    }


def _consent(request: Request) -> dict[str, Any]:
    state = terms.consent_state(actor=request.auth)
    return {
        "text": _text(state.text) if state.text else None,
        "given_at": state.given_at,
        "required": state.required,
    }


def _text(text: ConsentText) -> dict[str, Any]:
    return {
        "id": text.pk,
        "version": text.version,
        "zh": text.zh,
        "en": text.en,
        "published_at": text.published_at,
    }
