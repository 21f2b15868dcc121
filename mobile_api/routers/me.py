from typing import cast

from django.http.response import HttpResponseBase
from ninja import Router

from backend.core import clock
from backend.directory import selectors
from backend.directory.features import features_of
from backend.directory.services import employees
from mobile_api import home
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.schemas.directory import MeOut, MePatch
from mobile_api.schemas.me import TodayOut

router = Router(tags=["me"])


@router.get("/me", response=MeOut)
def me(request: Request) -> HttpResponseBase:
    """Who I am, what I may do and see, and what the phone shows of the application; three queries."""
    return _me(request)


@router.patch("/me", response=MeOut)
def change_me(request: Request, body: MePatch) -> HttpResponseBase:
    """My language, e-mail and phone; another phone only with my password, since it can prove who I am."""
    changes = cast(employees.OwnChanges, body.model_dump(exclude_unset=True, exclude={"version", "password"}))
    employees.change_own_profile(
        actor=request.auth, version=body.version, changes=changes, password=body.password, at=clock.now()
    )
    return _me(request)


@router.get("/me/today", response=TodayOut)
def today(request: Request) -> HttpResponseBase:
    day = home.today(actor=request.auth, at=clock.now())
    return json_reply(request, TodayOut.model_validate(day).model_dump_json().encode())


def _me(request: Request) -> HttpResponseBase:
    actor = request.auth
    me = selectors.get_employee(actor=actor, employee_id=actor.person_id)
    shown = {
        "id": me.pk,
        "number": me.number,
        "name": me.name,
        "phone": me.phone,
        "email": me.email,
        "language": me.language,
        "version": me.version,
        "company_id": me.company_id,
        "company_name": me.company.name,
        "department": me.department,
        "manager": me.manager,
        "capabilities": sorted(actor.capabilities),
        "scopes": dict(actor.scopes),
        "fields_seen": sorted(actor.fields),
        "features": features_of(me.company, actor),
        "unread": home.unread(actor=actor),
        "must_change_password": me.must_change_password,
    }
    return json_reply(request, MeOut.model_validate(shown).model_dump_json().encode())
