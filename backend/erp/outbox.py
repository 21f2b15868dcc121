"""What a worker does with one row of the outbox. Transactions before and after, none during the call."""

from backend.core import clock
from backend.core.actor import Actor
from backend.core.text import in_both
from backend.erp.connectors import Command, Outcome, Verdict, connector_for
from backend.erp.models import Outbox
from backend.erp.services import outgoing, systems
from backend.events.owed import Configuration, PermanentFailure
from backend.orders import services as orders
from backend.orders.rules import Fact
from backend.orders.stages import Kind

QUICK_ATTEMPTS = 8
"""Tried with growing pauses for about four minutes, then at the slow pace of what waits for a person."""
REFUSAL = "refusal"
"""Id of the event that an answer to our message stands for; the ERP's own events have its ids."""


class Undelivered(Exception):
    """Try again soon."""


class StillUndelivered(Configuration):
    """An ERP that is down for a weekend is no reason to give an order up: try for as long as it takes."""


def push(outbox_id: int) -> bool:
    return Outbox.perform(outbox_id, _push)


def _push(outbox: Outbox) -> None:
    actor = Actor.system(outbox.company_id)
    if outbox.system.paused_at is not None:
        why = in_both("对接已暂停", "the connection is paused")
        _report(actor, outbox, why, nothing_left=False)
        raise Configuration(why)
    at = clock.now()
    under_way_since = orders.start_handover(actor=actor, order_id=outbox.local_id, at=at)
    if under_way_since is None:
        return
    outcome = connector_for(outbox.system).push(Command(key=outbox.key, payload=outbox.payload))
    _settle(actor, outbox, outcome, first_try=under_way_since == at)


def _settle(actor: Actor, outbox: Outbox, outcome: Outcome, *, first_try: bool) -> None:
    """`first_try`: the fate of no earlier message is unknown, so if this one did not arrive, none did."""
    at = clock.now()
    match outcome.verdict:
        case Verdict.ACCEPTED | Verdict.LISTED:
            if outcome.verdict == Verdict.LISTED:
                outgoing.list_for_export(actor=actor, outbox=outbox, at=at)
            if outcome.external_id:
                outgoing.link(actor=actor, outbox=outbox, external_id=outcome.external_id, at=at)
            orders.finish_handover(actor=actor, order_id=outbox.local_id, at=at)
        case Verdict.REJECTED:
            refusal = Fact(outbox.system.code, REFUSAL, Kind.REJECTED, at, at, {"reason": outcome.reason})
            orders.apply_progress(actor=actor, order_id=outbox.local_id, facts=[refusal], at=at)
            raise PermanentFailure(outcome.reason)
        case Verdict.CONFIG:
            systems.pause_system(actor=actor, system_id=outbox.system_id, reason=outcome.reason, at=at)
            _report(actor, outbox, outcome.reason, nothing_left=first_try)
            raise Configuration(outcome.reason)
        case Verdict.RETRY | Verdict.UNKNOWN:
            _report(actor, outbox, outcome.reason, nothing_left=first_try and outcome.verdict == Verdict.RETRY)
            raise (Undelivered if outbox.attempts < QUICK_ATTEMPTS else StillUndelivered)(outcome.reason)


def _report(actor: Actor, outbox: Outbox, why: str, *, nothing_left: bool) -> None:
    trouble = in_both(f"尚未传到 ERP（{why}）", f"not in the ERP yet ({why})")
    orders.report_trouble(
        actor=actor, order_id=outbox.local_id, trouble=trouble, nothing_left=nothing_left, at=clock.now()
    )
