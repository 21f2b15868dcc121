from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mobile_api.schemas.base import NO_NUL, NOT_BLANK, Cursor, In, Limit, Out, When
from mobile_api.schemas.directory import EmployeeRefOut

Kind = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z_]+(\.[a-z_]+)?$")]
SubjectType = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z_]+\.[a-z_]+$")]
Told = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=NO_NUL)]
Part = Annotated[str, StringConstraints(min_length=2, max_length=64, pattern=NOT_BLANK)]


class AuditQuery(In):
    person: UUID | None = None
    """Who did it."""
    on_behalf_of: UUID | None = None
    kind: Kind | None = None
    """`visit.checked_in`, or a whole family: `visit`."""
    subject_type: SubjectType | None = None
    subject: UUID | None = None
    since: When | None = Field(default=None, alias="from")
    until: When | None = Field(default=None, alias="to")
    """Until just before."""
    address: Told | None = None
    device: Told | None = None
    request_id: Told | None = None
    """These three exactly as recorded. Like `q` they need a person, a subject, or at most 31 days."""
    q: Part | None = None
    """Somewhere in what was recorded, as far as the caller sees it."""
    limit: Limit = 20
    cursor: Cursor | None = None


class AuditSubjectOut(Out):
    type: str
    type_name: str
    id: UUID
    name: str | None
    """As it is called now; null where it has no name, or is gone."""


class AuditFieldOut(Out):
    field: str
    label: str
    before: str | None
    after: str | None
    hidden: bool
    """The caller may not see fields of this class; both values are null."""


class AuditDetailOut(Out):
    field: str
    label: str
    value: str | None
    hidden: bool


class AuditEventOut(Out):
    id: int
    at: AwareDatetime
    kind: str
    kind_name: str
    """Names, labels and values are in the caller's language."""
    person: EmployeeRefOut | None
    """Null: Waiqin itself, or the ERP."""
    on_behalf_of: EmployeeRefOut | None
    subject: AuditSubjectOut
    changes: list[AuditFieldOut]
    details: list[AuditDetailOut]
    address: str
    device: str
    request_id: str


class AuditEventsOut(Out):
    items: list[AuditEventOut]
    next_cursor: str | None
