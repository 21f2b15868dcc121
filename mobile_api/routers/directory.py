from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.directory import selectors
from backend.directory.models import Department, Employee
from backend.directory.services import departments, employees, people, roles
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.paging import cut, page
from mobile_api.schemas.base import Cursor, Limit, TreeLimit
from mobile_api.schemas.directory import (
    DepartmentDetailOut,
    DepartmentIn,
    DepartmentPatch,
    DepartmentsOut,
    EmployeeIn,
    EmployeeOut,
    EmployeePatch,
    EmployeesOut,
    RolesIn,
    SearchText,
)

router = Router(tags=["directory"])


@router.get("/departments", response=DepartmentsOut)
def list_departments(request: Request, limit: TreeLimit = 1000, cursor: Cursor | None = None) -> HttpResponseBase:
    """As far as the caller's scope of the directory reaches, and the way up from there."""
    tree = selectors.department_tree(actor=request.auth)
    places, after = cut(tree, key=lambda place: place.department.pk, limit=limit, cursor=cursor)
    items = [{**_department(place.department), "depth": place.depth} for place in places]
    return json_reply(request, {"items": items, "next_cursor": after})


@router.post("/departments", response={200: DepartmentDetailOut, 201: DepartmentDetailOut})
def create_department(request: Request, body: DepartmentIn) -> Status[dict[str, Any]]:
    made, created = departments.create_department(actor=request.auth, at=clock.now(), **body.model_dump())
    return Status(201 if created else 200, _detail(made))


@router.get("/departments/{department_id}", response=DepartmentDetailOut)
def get_department(request: Request, department_id: UUID) -> HttpResponseBase:
    return json_reply(request, _detail(selectors.get_department(actor=request.auth, department_id=department_id)))


@router.patch("/departments/{department_id}", response=DepartmentDetailOut)
def change_department(request: Request, department_id: UUID, body: DepartmentPatch) -> dict[str, Any]:
    """Rename, reorder, move with everything below, give a leader."""
    changes = cast(departments.DepartmentChanges, body.model_dump(exclude_unset=True, exclude={"version"}))
    changed = departments.change_department(
        actor=request.auth, department_id=department_id, version=body.version, changes=changes, at=clock.now()
    )
    return _detail(changed)


@router.post("/departments/{department_id}/dissolve", response=DepartmentDetailOut)
def dissolve_department(request: Request, department_id: UUID) -> dict[str, Any]:
    """Only one without people and without departments below it."""
    return _detail(departments.dissolve_department(actor=request.auth, department_id=department_id, at=clock.now()))


@router.get("/employees", response=EmployeesOut)
def list_employees(
    request: Request,
    q: SearchText | None = None,
    department: UUID | None = None,
    left: bool = False,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> HttpResponseBase:
    """`q` is part of a name, its pinyin or initials, of a number, or of a phone the caller may see; `department` takes
    in everything below it; `left` lists those who have left instead."""
    rows = selectors.list_employees(actor=request.auth, q=q, department_id=department, left=left)
    show = partial(_item, actor=request.auth)
    return json_reply(request, page(rows, by="created_at", limit=limit, cursor=cursor, show=show))


@router.post("/employees", response={200: EmployeeOut, 201: EmployeeOut})
def hire_employee(request: Request, body: EmployeeIn) -> Status[dict[str, Any]]:
    hired, created = employees.hire_employee(
        actor=request.auth, role_codes=body.roles, at=clock.now(), **body.model_dump(exclude={"roles"})
    )
    return Status(201 if created else 200, _employee(hired, request.auth))


@router.get("/employees/{employee_id}", response=EmployeeOut)
def get_employee(request: Request, employee_id: UUID) -> dict[str, Any]:
    return _employee(selectors.get_employee(actor=request.auth, employee_id=employee_id), request.auth)


@router.patch("/employees/{employee_id}", response=EmployeeOut)
def change_employee(request: Request, employee_id: UUID, body: EmployeePatch) -> dict[str, Any]:
    changes = cast(employees.EmployeeChanges, body.model_dump(exclude_unset=True, exclude={"version"}))
    changed = employees.change_employee(
        actor=request.auth, employee_id=employee_id, version=body.version, changes=changes, at=clock.now()
    )
    return _employee(changed, request.auth)


@router.post("/employees/{employee_id}/dismiss", response=EmployeeOut)
def dismiss_employee(request: Request, employee_id: UUID) -> dict[str, Any]:
    """Ends every session at once; no door opens for him from now on."""
    return _employee(people.dismiss(actor=request.auth, employee_id=employee_id, at=clock.now()), request.auth)


@router.post("/employees/{employee_id}/rehire", response=EmployeeOut)
def rehire_employee(request: Request, employee_id: UUID) -> dict[str, Any]:
    return _employee(employees.rehire(actor=request.auth, employee_id=employee_id, at=clock.now()), request.auth)


@router.put("/employees/{employee_id}/roles", response=EmployeeOut)
def assign_roles(request: Request, employee_id: UUID, body: RolesIn) -> dict[str, Any]:
    """Exactly these roles, from the next request on."""
    assigned = roles.assign_roles(actor=request.auth, employee_id=employee_id, role_codes=body.roles, at=clock.now())
    return _employee(assigned, request.auth)


def _department(department: Department) -> dict[str, Any]:
    leader = department.leader
    return {
        "id": department.pk,
        "code": department.code,
        "name": department.name,
        "parent_id": department.parent_id,
        "leader": {"id": leader.pk, "name": leader.name} if leader else None,
        "position": department.position,
        "version": department.version,
    }


def _detail(department: Department) -> dict[str, Any]:
    here, below = selectors.headcount(department.pk)
    told = {"dissolved_at": department.dissolved_at, "employees": here, "employees_below": below}
    return {**_department(department), **told}


def _item(employee: Employee, actor: Actor) -> dict[str, Any]:
    return {
        "id": employee.pk,
        "number": employee.number,
        "name": employee.name,
        "department_id": employee.department_id,
        "department_name": employee.department.name,
        "phone": employee.contact_for(actor)[0],
    }


def _employee(employee: Employee, actor: Actor) -> dict[str, Any]:
    phone, email = employee.contact_for(actor)
    return {
        "id": employee.pk,
        "number": employee.number,
        "name": employee.name,
        "phone": phone,
        "email": email,
        "department": employee.department,
        "manager": employee.manager,
        "is_active": employee.is_active,
        "version": employee.version,
        "roles": selectors.roles_shown(employee, actor=actor),
    }
