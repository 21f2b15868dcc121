from uuid import UUID

from mobile_api.schemas.base import Out


class EmployeeRefOut(Out):
    id: UUID
    name: str


class DepartmentOut(Out):
    id: UUID
    code: str
    name: str
    parent_id: UUID | None


class DepartmentsOut(Out):
    items: list[DepartmentOut]


class EmployeeOut(Out):
    id: UUID
    number: str
    name: str
    phone: str
    email: str
    department: DepartmentOut
    manager: EmployeeRefOut | None


class EmployeeItemOut(Out):
    id: UUID
    number: str
    name: str
    department_id: UUID
    department_name: str


class EmployeesOut(Out):
    items: list[EmployeeItemOut]
    next_cursor: str | None


class MeOut(Out):
    id: UUID
    number: str
    name: str
    language: str
    company_id: UUID
    company_name: str
    department: DepartmentOut
    manager: EmployeeRefOut | None
    capabilities: list[str]
    scopes: dict[str, str]
