from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from mobile_api.schemas.base import Out
from mobile_api.schemas.visit_plans import PlanStatus
from mobile_api.schemas.visits import CustomerRefOut, Verdict


class TodayPlanOut(Out):
    id: UUID
    status: PlanStatus
    customer: CustomerRefOut
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    purpose: str


class OpenVisitOut(Out):
    id: UUID
    customer: CustomerRefOut
    checked_in_at: AwareDatetime
    verdict: Verdict


class TodayOut(Out):
    date: date
    plans: list[TodayPlanOut]
    open_visit: OpenVisitOut | None
    open_tasks: int
    unread_notifications: int
