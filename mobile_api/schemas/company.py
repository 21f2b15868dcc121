from typing import Annotated

from pydantic import Field

from mobile_api.schemas.base import In, Key, Out


class FeatureOut(Out):
    code: str
    name: str
    """In the caller's language."""
    on: bool


class FeaturesOut(Out):
    items: list[FeatureOut]


class FeaturesPatch(In):
    features: Annotated[dict[Key, bool], Field(max_length=100)]
    """By code: shown or not; what is not named stays as it is."""
