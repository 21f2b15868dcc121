from typing import Any

from ninja import Router, Status

from backend.core import clock
from backend.core.errors import Invalid
from backend.core.text import bilingual
from backend.directory import selectors
from backend.directory.models import Identity
from backend.directory.services import bindings
from backend.wechat.services import login
from mobile_api.auth import Request
from mobile_api.schemas.bindings import BindIn, BindingOut, BindingsOut, Provider

router = Router(tags=["auth"])


@router.get("/bindings", response=BindingsOut)
def list_bindings(request: Request) -> dict[str, Any]:
    return {"items": list(selectors.list_identities(actor=request.auth))}


@router.post("/bind", response=BindingOut)
def bind(request: Request, body: BindIn) -> Identity:
    if body.ticket and not (body.code or body.door):
        return login.bind_by_ticket(actor=request.auth, ticket=body.ticket, at=clock.now())
    if body.ticket or not (body.code and body.door):
        said = bilingual("请给出 ticket，或 door 与 code。", "Give a ticket, or a door and a code.")
        raise Invalid(fields={"ticket": str(said)})
    proof = login.Proof(
        door=body.door,
        code=body.code,
        app=body.app or "",
        state=body.state or "",
        verifier=body.verifier or "",
    )
    return login.bind_by_code(actor=request.auth, proof=proof, at=clock.now())


@router.delete("/bindings/{provider}", response={204: None})
def unbind(request: Request, provider: Provider) -> Status[None]:
    bindings.unbind(actor=request.auth, provider=provider, at=clock.now())
    return Status(204, None)
