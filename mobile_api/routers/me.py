from typing import Any

from django.http.response import HttpResponseBase
from ninja import Router

from backend.core import clock
from backend.directory import selectors
from mobile_api import home
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.schemas.directory import MeOut
from mobile_api.schemas.me import TodayOut

router = Router(tags=["me"])


@router.get("/me", response=MeOut)
def me(request: Request) -> Any:
    actor = request.auth
    employee = selectors.get_employee(actor=actor, employee_id=actor.person_id)
    return {
        "id": employee.pk,
        "number": employee.number,
        "name": employee.name,
        "language": employee.language,
        "company_id": employee.company_id,
        "company_name": employee.company.name,
        "department": employee.department,
        "manager": employee.manager,
        "capabilities": sorted(actor.capabilities),
        "scopes": dict(actor.scopes),
    }


@router.get("/me/today", response=TodayOut)
def today(request: Request) -> HttpResponseBase:
    day = home.today(actor=request.auth, at=clock.now())
    return json_reply(request, TodayOut.model_validate(day).model_dump_json().encode())
