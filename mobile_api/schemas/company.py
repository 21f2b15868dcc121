from typing import Annotated

from pydantic import Field, StrictBool

from mobile_api.schemas.base import In, Out

Switch = Annotated[StrictBool, Field(default=None)]
"""Shown or not; left out, it stays as it is."""


class FeatureOut(Out):
    code: str
    name: str
    """In the caller's language."""
    on: bool


class FeaturesOut(Out):
    items: list[FeatureOut]


class SwitchesIn(In):
    customers: Switch
    visits: Switch
    expenses: Switch
    orders: Switch
    stock: Switch
    directory_admin: Switch
    audit: Switch


class FeaturesPatch(In):
    features: SwitchesIn
