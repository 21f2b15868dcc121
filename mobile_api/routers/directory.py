from typing import Any
from uuid import UUID

from ninja import Router

from backend.directory import selectors
from backend.directory.models import Employee
from mobile_api.auth import Request
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.directory import DepartmentsOut, EmployeeOut, EmployeesOut

router = Router(tags=["directory"])


@router.get("/departments", response=DepartmentsOut)
def list_departments(request: Request) -> Any:
    return {"items": list(selectors.list_departments(actor=request.auth))}


@router.get("/employees", response=EmployeesOut)
def list_employees(request: Request, limit: Limit = 20, cursor: Cursor | None = None) -> Any:
    return page(selectors.list_employees(actor=request.auth), by="created_at", limit=limit, cursor=cursor, show=_item)


@router.get("/employees/{employee_id}", response=EmployeeOut)
def get_employee(request: Request, employee_id: UUID) -> Employee:
    return selectors.get_employee(actor=request.auth, employee_id=employee_id)


def _item(employee: Employee) -> dict[str, Any]:
    return {
        "id": employee.pk,
        "number": employee.number,
        "name": employee.name,
        "department_id": employee.department_id,
        "department_name": employee.department.name,
    }
