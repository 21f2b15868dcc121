from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from mobile_api.schemas.base import NO_NUL, NOT_BLANK, In, Key, Out, Version, not_bool

Code = Annotated[Key, StringConstraints(max_length=32)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NOT_BLANK)]
Phone = Annotated[str, StringConstraints(max_length=32, pattern=r"^[0-9+()\- .,;#*]*$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^([!-?A-~]+@[!-?A-~]+\.[!-?A-~]+)?$")]
Position = Annotated[int, Field(ge=0, le=2_147_483_647), BeforeValidator(not_bool)]
SearchText = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
RoleCodes = Annotated[list[Code], Field(max_length=50)]
Words = Annotated[list[Key], Field(max_length=100)]
ScopeName = Literal["own", "department", "subtree", "company"]
ABSENT = Field(default=None)
"""May be left out and yet not be null."""


class EmployeeRefOut(Out):
    id: UUID
    name: str


class DepartmentOut(Out):
    id: UUID
    code: str
    name: str
    parent_id: UUID | None


class DepartmentItemOut(DepartmentOut):
    depth: int
    """0 at the top."""
    leader: EmployeeRefOut | None
    position: int
    """Among its siblings."""
    version: int


class DepartmentsOut(Out):
    """The tree, depth first: each after its parent, siblings in their order."""

    items: list[DepartmentItemOut]
    next_cursor: str | None


class DepartmentDetailOut(DepartmentOut):
    leader: EmployeeRefOut | None
    position: int
    version: int
    dissolved_at: AwareDatetime | None
    employees: int
    """Working in the department itself."""
    employees_below: int
    """Working in it or anywhere below."""


class DepartmentIn(In):
    code: Code
    name: Title
    parent_id: UUID | None = None
    leader_id: UUID | None = None
    position: Position = 0


class DepartmentPatch(In):
    """Absent fields stay as they are. A null `parent_id` makes it a top department, a null `leader_id` takes the leader
    away."""

    version: Version
    name: Annotated[Title, ABSENT]
    parent_id: UUID | None = None
    leader_id: UUID | None = None
    position: Annotated[Position, ABSENT]


class EmployeeOut(Out):
    id: UUID
    number: str
    name: str
    phone: str | None
    email: str | None
    """Both null where the caller may not see how colleagues are reached."""
    department: DepartmentOut
    manager: EmployeeRefOut | None
    is_active: bool
    version: int
    roles: list[str] | None
    """Codes; null where the caller neither manages the directory nor is the person himself."""


class EmployeeItemOut(Out):
    id: UUID
    number: str
    name: str
    department_id: UUID
    department_name: str
    phone: str | None
    """Null where the caller may not see how colleagues are reached."""


class EmployeesOut(Out):
    items: list[EmployeeItemOut]
    next_cursor: str | None


class EmployeeIn(In):
    number: Code
    name: Title
    department_id: UUID
    manager_id: UUID | None = None
    roles: RoleCodes = []
    phone: Phone = ""
    email: Email = ""


class EmployeePatch(In):
    """Absent fields stay as they are; `manager_id: null` leaves him without one."""

    version: Version
    name: Annotated[Title, ABSENT]
    department_id: Annotated[UUID, ABSENT]
    manager_id: UUID | None = None
    phone: Annotated[Phone, ABSENT]
    email: Annotated[Email, ABSENT]


class RolesIn(In):
    roles: RoleCodes


class RoleIn(In):
    """The whole role. `version` 0 asks for a new one."""

    version: Annotated[int, Field(ge=0, le=2_147_483_647), BeforeValidator(not_bool)]
    name: Title
    capabilities: Words
    scopes: dict[Key, ScopeName]
    """By resource; one not named is seen at `own`."""
    fields_seen: Words
    is_staff: bool = False
    """May enter the admin site."""


class RoleOut(Out):
    code: str
    name: str
    capabilities: list[str]
    scopes: dict[str, ScopeName]
    fields_seen: list[str]
    is_staff: bool
    version: int
    holders: int


class ChoiceOut(Out):
    code: str
    name: str


class RolesOut(Out):
    items: list[RoleOut]
    capabilities: list[ChoiceOut]
    resources: list[ChoiceOut]
    fields: list[ChoiceOut]
    """What a role can be made of, named in the caller's language."""


class UnreadOut(Out):
    notifications: int
    tasks: int
    """Decisions that wait for the caller."""


class MeOut(Out):
    id: UUID
    number: str
    name: str
    phone: str
    email: str
    language: str
    version: int
    company_id: UUID
    company_name: str
    department: DepartmentOut
    manager: EmployeeRefOut | None
    capabilities: list[str]
    scopes: dict[str, str]
    fields_seen: list[str]
    """Classes of sensitive fields the caller may see; of the others every field is null."""
    features: dict[str, bool]
    """Which parts of the application the phone shows."""
    unread: UnreadOut
    must_change_password: bool


class MePatch(In):
    """Absent fields stay as they are. Another `phone` needs the `password`."""

    version: Version
    language: Annotated[Literal["zh-hans", "en"], ABSENT]
    email: Annotated[Email, ABSENT]
    phone: Annotated[Phone, ABSENT]
    password: Annotated[str, StringConstraints(max_length=128, pattern=NO_NUL)] = ""
