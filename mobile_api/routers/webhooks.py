"""Signed messages from outside systems: verified on the raw body, stored, acknowledged; a worker applies them."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja import Router, Status
from ninja.security import APIKeyHeader

from backend.core import clock
from backend.erp import selectors, signing
from backend.erp.models import ErpSystem
from backend.erp.services import incoming
from mobile_api.schemas.webhooks import ReceivedOut, WebhookIn

MAX_BODY = 256 * 1024
router = Router(tags=["webhooks"])


class SignedByErp(APIKeyHeader):
    """Standard Webhooks, before a single byte of the body is parsed."""

    param_name = "webhook-signature"

    def authenticate(self, request: HttpRequest, key: str | None) -> ErpSystem:
        if len(request.body) > MAX_BODY:
            raise RequestDataTooBig()
        match = request.resolver_match
        system = selectors.system_of_webhook(match.kwargs["connector"] if match else "")
        return signing.verified(system, headers=request.headers, body=request.body)


class SignedRequest(HttpRequest):
    auth: ErpSystem


@router.post("/erp/{connector}", response={200: ReceivedOut, 202: ReceivedOut}, auth=SignedByErp())
def receive_from_erp(request: SignedRequest, connector: str, body: WebhookIn) -> Any:
    """202 for a new message, 200 for a repeated one. Headers `webhook-id`, `webhook-timestamp`, `webhook-signature`."""
    message, created = incoming.receive(
        system=request.auth,
        message_id=request.headers["webhook-id"],
        body=request.body,
        payload=body.model_dump(mode="json", exclude_none=True),
        at=clock.now(),
    )
    out = {
        "system_id": message.system_id,
        "message_id": message.external_id,
        "status": "received" if created else "repeated",
    }
    return Status(202 if created else 200, out)
