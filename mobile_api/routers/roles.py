from typing import Any

from ninja import Router, Status

from backend.core import clock
from backend.directory import selectors
from backend.directory.models import Role
from backend.directory.roles import CAPABILITIES, FIELDS, RESOURCES
from backend.directory.services import roles
from mobile_api.auth import Request
from mobile_api.schemas.directory import Code, RoleIn, RoleOut, RolesOut

router = Router(tags=["roles"])


@router.get("/roles", response=RolesOut)
def list_roles(request: Request) -> dict[str, Any]:
    """For who manages roles or assigns them."""
    return {
        "items": [_role(role) for role in selectors.list_roles(actor=request.auth)],
        "capabilities": _choices(CAPABILITIES),
        "resources": _choices(RESOURCES),
        "fields": _choices(FIELDS),
    }


@router.put("/roles/{code}", response=RoleOut)
def put_role(request: Request, code: Code, body: RoleIn) -> dict[str, Any]:
    """Everybody who holds it has the new rights from the next request on."""
    roles.put_role(
        actor=request.auth,
        code=code,
        name=body.name,
        capabilities=body.capabilities,
        scopes=body.scopes,
        fields=body.fields_seen,
        is_staff=body.is_staff,
        version=body.version,
        at=clock.now(),
    )
    return _role(selectors.get_role(actor=request.auth, code=code))


@router.delete("/roles/{code}", response={204: None})
def remove_role(request: Request, code: Code) -> Status[None]:
    """One that nobody holds."""
    roles.remove_role(actor=request.auth, code=code, at=clock.now())
    return Status(204, None)


def _choices(names: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": str(name)} for code, name in names.items()]


def _role(role: Role) -> dict[str, Any]:
    holders: int = role.holders  # type: ignore[attr-defined]  # annotated by the selector
    return {
        "code": role.code,
        "name": role.name,
        "capabilities": sorted(role.capabilities),
        "scopes": role.scopes,
        "fields_seen": sorted(role.fields),
        "is_staff": role.is_staff,
        "version": role.version,
        "holders": holders,
    }
