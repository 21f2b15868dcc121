from typing import Annotated
from uuid import UUID

from pydantic import Field

from mobile_api.schemas.base import In, Out
from mobile_api.schemas.customers import Tags

Customers = Annotated[list[UUID], Field(min_length=1, max_length=200)]


class AssignManyIn(In):
    customer_ids: Customers
    owner_id: UUID


class ShareManyIn(In):
    """Everybody who answers for each of them beside its owner from now on."""

    customer_ids: Customers
    employee_ids: Annotated[list[UUID], Field(max_length=50)]


class ReleaseManyIn(In):
    customer_ids: Customers


class TagManyIn(In):
    customer_ids: Customers
    add: Tags = []
    remove: Tags = []


class CustomerOutcomeOut(Out):
    customer_id: UUID
    done: bool
    """It is so now."""
    code: str | None
    """Why it is not: `not_in_charge`, `not_found`, `unknown_entry` and so on."""
    detail: str | None


class CustomerOutcomesOut(Out):
    """One for each customer, in the order sent; a conflict of one does not touch the others."""

    items: list[CustomerOutcomeOut]
