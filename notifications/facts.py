"""What an event tells, as words for people."""

from collections.abc import Callable
from typing import Any

from backend.approvals.models import Decision
from backend.core.fields import hidden_fields
from backend.core.text import bilingual
from backend.customers.models import CustomerImport
from backend.directory import holdings
from backend.documents.models import Document
from backend.events.models import Event
from backend.exports import kinds
from backend.exports.models import Export
from backend.files.rules import Reason
from backend.visits.rules import REASONS, Verdict
from backend.wechat.text import one_line, shortened
from notifications.subjects import subject_of
from notifications.wording import GAPS

_VERDICTS = {verdict.value: verdict.label for verdict in Verdict}
_DECISIONS = {
    "accepted": bilingual("认可", "accepted"),
    "rejected": bilingual("不认可", "rejected"),
    "declined": bilingual("未采纳", "declined"),
}
_REASONS = {code.value: words for code, words in REASONS.items()}
_REFUSALS = {reason.value: reason.label for reason in (*Reason, *Export.Reason, *CustomerImport.Reason)}
_OUTCOMES = {verdict.value: verdict.label for verdict in Decision.Verdict}
_CODES = {"outcome": _OUTCOMES, "verdict": _VERDICTS, "decision": _DECISIONS, "reasons": _REASONS, "reason": _REFUSALS}
_CODES["kind"] = kinds.NAMES


def facts_of(event: Event, *, sees: Callable[[str], bool]) -> dict[str, str]:
    """Every gap's content in the active language: one clean line within its bound, empty where nothing is known, or
    where it is of a class that the reader does not see."""
    hidden = hidden_fields(subject_of(event).model, sees=sees)
    who = event.actor.name if event.actor else bilingual("系统", "the system")
    known = {**event.data, "owner": _owner_of(event), "who": who}
    shown = {gap: None if gap in hidden else known.get(gap) for gap in GAPS}
    return {gap: shortened(one_line(_words(gap, shown[gap])), most) for gap, most in GAPS.items()}


def _owner_of(event: Event) -> str | None:
    """What is no document says itself whose it is."""
    rows = subject_of(event)
    found: Any = event.data.get("owner")
    if issubclass(rows.model, Document):
        found = rows.values_list("owner__name", flat=True).first()
    return None if found is None else str(found)


def _words(gap: str, value: Any) -> str:
    if gap == "counts" and isinstance(value, dict):
        value = [f"{holdings.name_of(key)} {value[key]}" for key in holdings.in_order(value)]
    if isinstance(value, list):
        return "、".join(_words(gap, item) for item in value)
    return "" if value is None else str(_CODES.get(gap, {}).get(str(value), value))
