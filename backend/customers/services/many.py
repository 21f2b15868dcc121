"""One command for many customers, each for itself."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.core.transactions import commits_in_steps
from backend.customers.models import Customer
from backend.customers.services.keeping import tag_customer
from backend.customers.services.pool import assign_customer, release_customer, share_customer


class Outcome(NamedTuple):
    """Of one customer among many; `error` is None where it is so now."""

    customer_id: UUID
    error: DomainError | None


@commits_in_steps("each for itself, so that one conflict does not undo the others")
def assign_many(*, actor: Actor, customer_ids: Sequence[UUID], owner_id: UUID, at: datetime) -> list[Outcome]:
    """As `assign_customer`, for each as it is now; what came of each, in the order given. Raises Forbidden."""
    actor.require("customer.write")
    return _each(customer_ids, partial(assign_customer, actor=actor, owner_id=owner_id, version=None, at=at))


@commits_in_steps("each for itself, so that one conflict does not undo the others")
def share_many(
    *, actor: Actor, customer_ids: Sequence[UUID], employee_ids: Collection[UUID], at: datetime
) -> list[Outcome]:
    """As `share_customer`, for each: exactly these colleagues answer for it beside its owner. Raises Forbidden."""
    actor.require("customer.write")
    return _each(customer_ids, partial(share_customer, actor=actor, employee_ids=employee_ids, at=at))


@commits_in_steps("each for itself, so that one conflict does not undo the others")
def release_many(*, actor: Actor, customer_ids: Sequence[UUID], at: datetime) -> list[Outcome]:
    """As `release_customer`, for each. Raises Forbidden."""
    actor.require("customer.write")
    return _each(customer_ids, partial(release_customer, actor=actor, at=at))


@commits_in_steps("each for itself, so that one conflict does not undo the others")
def tag_many(
    *, actor: Actor, customer_ids: Sequence[UUID], add: Collection[str], remove: Collection[str], at: datetime
) -> list[Outcome]:
    """As `tag_customer`, for each. Raises Forbidden."""
    actor.require("customer.write")
    return _each(customer_ids, partial(tag_customer, actor=actor, add=add, remove=remove, at=at))


def _each(customer_ids: Sequence[UUID], command: Callable[..., Customer]) -> list[Outcome]:
    outcomes = []
    for customer_id in dict.fromkeys(customer_ids):
        try:
            command(customer_id=customer_id)
            outcomes.append(Outcome(customer_id, None))
        except DomainError as exc:
            outcomes.append(Outcome(customer_id, exc))
    return outcomes
