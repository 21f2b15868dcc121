"""Signed messages to any address that speaks Standard Webhooks: an ERP's own end point, or a middleware before it.

The receiver must keep `webhook-id` (the order's number) and answer a repeated one like the first, or with 409, so a
message whose fate is unknown is simply sent again. It answers 2xx, and may name its document: `{"id": "…"}`; or 400 or
422 with `{"reason": "…"}` to refuse the order.
"""

from dataclasses import dataclass

import orjson

from backend.core import clock, secrets
from backend.erp import signing, transport
from backend.erp.connectors.base import Command, Outcome, Verdict
from backend.erp.models import ErpSystem

ALREADY_THERE = 409
REFUSALS = frozenset({400, 413, 422})
BUSY = frozenset({408, 425, 429, 503})
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class GenericConnector:
    system: ErpSystem

    def push(self, command: Command) -> Outcome:
        body = orjson.dumps(command.payload, option=orjson.OPT_SORT_KEYS)
        at = clock.now()
        try:
            headers = {
                "webhook-id": command.key,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": signing.signature(self.system, message_id=command.key, at=at, body=body.decode()),
            }
            reply = transport.post(self.system.push_url, body=body, headers=headers, on_premise=self.system.on_premise)
        except transport.NotSent as exc:
            return Outcome(Verdict.RETRY, reason=str(exc))
        except transport.Unanswered as exc:
            return Outcome(Verdict.UNKNOWN, reason=str(exc))
        except (transport.NotAllowed, secrets.Unreadable) as exc:
            return Outcome(Verdict.CONFIG, reason=str(exc))
        return _outcome(reply)


def _outcome(reply: transport.Reply) -> Outcome:
    said = _said(reply.body)
    reason = said.get("reason") or said.get("detail") or f"HTTP {reply.status}"
    if 200 <= reply.status < 300 or reply.status == ALREADY_THERE:
        return Outcome(Verdict.ACCEPTED, external_id=said.get("id", "")[:128])
    if reply.status in REFUSALS:
        return Outcome(Verdict.REJECTED, reason=reason[:MAX_REASON])
    if reply.status in BUSY:
        return Outcome(Verdict.RETRY, reason=reason[:MAX_REASON])
    if reply.status >= 500:
        return Outcome(Verdict.UNKNOWN, reason=reason[:MAX_REASON])
    return Outcome(Verdict.CONFIG, reason=f"HTTP {reply.status}")


def _said(body: bytes) -> dict[str, str]:
    """The texts of a JSON object; nothing where the answer is something else."""
    try:
        answer = orjson.loads(body)
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    return {name: value.replace("\0", "") for name, value in answer.items() if isinstance(value, str)}
