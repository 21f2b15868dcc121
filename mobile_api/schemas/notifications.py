from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from mobile_api.schemas.base import In, Out


class NotificationOut(Out):
    id: UUID
    kind: str
    title: str
    body: str
    """Lines separated by `\\n`."""
    path: str
    """Of the client's screen that shows the subject."""
    subject_type: str
    subject_id: UUID
    urgent: bool
    created_at: AwareDatetime
    read_at: AwareDatetime | None


class NotificationsOut(Out):
    items: list[NotificationOut]
    next_cursor: str | None
    unread: int
    """In the whole inbox, not on this page."""


class ReadIn(In):
    """Single notifications, or the newest one seen and with it everything before."""

    ids: Annotated[list[UUID], Field(max_length=100)] = []
    up_to: UUID | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "ReadIn":
        if not self.ids and self.up_to is None:
            raise PydanticCustomError("ids_or_up_to_required", "ids or up_to is required")
        return self


class ReadOut(Out):
    unread: int
