from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime

from mobile_api.schemas.base import In, Key, LongText, Out
from mobile_api.schemas.directory import EmployeeRefOut


class OpinionIn(In):
    opinion: LongText = ""
    on_behalf_of: UUID | None = None
    """The colleague in whose name a delegate decides, one of the screen's `on_behalf_of`."""


class PreviewIn(In):
    document_type: Key
    """As in an approval: `expenses.expenserequest`."""
    document_id: UUID


class ApprovalOut(Out):
    id: UUID
    version: int
    document_type: str
    document_id: UUID
    title: str
    summary: dict[str, Any]
    """What the document said when it was submitted; its keys depend on the document type."""
    status: Literal["pending", "approved", "rejected", "withdrawn"]
    step: str
    """Key of the current step, or of the one that ended the approval."""
    submitter: EmployeeRefOut
    submitted_at: AwareDatetime
    finished_at: AwareDatetime | None


class ApprovalItemOut(ApprovalOut):
    waiting_for: list[EmployeeRefOut]


class ApprovalsOut(Out):
    items: list[ApprovalItemOut]
    next_cursor: str | None


class StagePersonOut(Out):
    id: UUID
    name: str
    state: Literal["open", "approved", "rejected", "cancelled", "expected"]
    decided_at: AwareDatetime | None
    opinion: str


class StageOut(Out):
    key: str
    name_zh: str
    name_en: str
    mode: Literal["any", "all"]
    state: Literal["passed", "passed_over", "current", "upcoming", "rejected", "withdrawn", "not_reached"]
    escalated: bool
    """Nobody could be found for the step as defined, so it went further up."""
    people: list[StagePersonOut]


class HistoryEntryOut(Out):
    kind: Literal["submitted", "approved", "rejected", "withdrawn"]
    step: str | None
    by: EmployeeRefOut
    on_behalf_of: EmployeeRefOut | None
    opinion: str
    at: AwareDatetime


class HistoryOut(Out):
    items: list[HistoryEntryOut]


class DecisionScreenOut(ApprovalOut):
    route: list[StageOut]
    history: list[HistoryEntryOut]
    actions: list[Literal["approve", "reject", "withdraw"]]
    """What the caller may do now."""
    on_behalf_of: list[EmployeeRefOut]
    """In whose name he may decide now, besides his own."""
    blocks: dict[str, Any]
    """The document as it is now and what helps to decide, by the document type; empty where the caller sees the
    approval but not the document."""


class PlannedStageOut(Out):
    key: str
    name_zh: str
    name_en: str
    mode: Literal["any", "all"]
    escalated: bool
    people: list[EmployeeRefOut]


class PreviewOut(Out):
    route: list[PlannedStageOut]
