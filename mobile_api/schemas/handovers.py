from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from mobile_api.schemas.base import In, Key, Out, ShortText
from mobile_api.schemas.directory import EmployeeRefOut

Outcome = Literal["moved", "kept", "put_back", "not_put_back"]
Why = Literal[
    "",
    "own_submission",
    "already_asked",
    "own_delegation",
    "delegation_conflict",
    "moved_on",
    "closed",
    "gone",
    "circular",
]


class KindSuccessorIn(In):
    kind: Key
    successor_id: UUID


class CustomerSuccessorIn(In):
    customer_id: UUID
    successor_id: UUID


class HandoverPlanIn(In):
    leaver_id: UUID
    successor_id: UUID
    """Gets whatever is not given to somebody else below."""
    by_kind: Annotated[list[KindSuccessorIn], Field(max_length=20)] = []
    by_customer: Annotated[list[CustomerSuccessorIn], Field(max_length=5000)] = []
    """A customer and all that is about him."""
    kinds: Annotated[list[Key], Field(max_length=20)] = []
    """What to move, by the keys of the preview; none means everything."""

    def as_plan(self) -> dict[str, Any]:
        return {
            "leaver_id": self.leaver_id,
            "successor_id": self.successor_id,
            "by_kind": {each.kind: each.successor_id for each in self.by_kind},
            "by_customer": {each.customer_id: each.successor_id for each in self.by_customer},
            "kinds": self.kinds,
        }


class HandoverIn(HandoverPlanIn):
    id: UUID | None = None
    reason: ShortText = ""


class PartOut(Out):
    """What one successor gets of one kind."""

    successor: EmployeeRefOut
    count: int
    kept: int
    """How many of these cannot be his and stay."""


class GroupOut(Out):
    kind: str
    name: str
    count: int
    samples: list[str]
    parts: list[PartOut]


class WarningOut(Out):
    code: str
    text: str
    count: int


class HandoverPreviewOut(Out):
    leaver: EmployeeRefOut
    groups: list[GroupOut]
    warnings: list[WarningOut]


class HandoverItemOut(Out):
    id: int
    kind: str
    label: str
    successor: EmployeeRefOut
    outcome: Outcome
    why: Why
    reason: str
    """`why` for people."""


class HandoverItemsOut(Out):
    items: list[HandoverItemOut]
    next_cursor: str | None


class HandoverRowOut(Out):
    id: UUID
    leaver: EmployeeRefOut
    successor: EmployeeRefOut
    reason: str
    counts: dict[str, int]
    """{kind: how many were moved}."""
    created_by: EmployeeRefOut | None
    created_at: AwareDatetime
    undone_at: AwareDatetime | None


class HandoversOut(Out):
    items: list[HandoverRowOut]
    next_cursor: str | None


class OutcomesOut(Out):
    kind: str
    name: str
    moved: int
    kept: int
    put_back: int
    not_put_back: int


class HandoverOut(HandoverRowOut):
    outcomes: list[OutcomesOut]
    left: list[HandoverItemOut]
    """What was not moved or not put back, and why; the first 50, see `/items` for all."""
