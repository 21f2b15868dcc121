from typing import Any

from ninja import Router

from backend.core import clock
from backend.directory import selectors
from backend.directory.features import FEATURES
from backend.directory.models import Company
from backend.directory.services import company
from mobile_api.auth import Request
from mobile_api.schemas.company import FeaturesOut, FeaturesPatch

router = Router(tags=["company"])


@router.get("/features", response=FeaturesOut)
def list_features(request: Request) -> dict[str, Any]:
    """Which parts of the application the company's phones show; for its administrators."""
    return _features(selectors.own_company(actor=request.auth))


@router.patch("/features", response=FeaturesOut)
def switch_features(request: Request, body: FeaturesPatch) -> dict[str, Any]:
    """Everybody's `GET /me` tells it from the next request on. It hides and forbids nothing: that is for the roles."""
    switched = body.features.model_dump(exclude_unset=True)
    return _features(company.switch_features(actor=request.auth, on=switched, at=clock.now()))


def _features(of: Company) -> dict[str, Any]:
    items = [{"code": code, "name": str(name), "on": code not in of.features_off} for code, name in FEATURES.items()]
    return {"items": items}
