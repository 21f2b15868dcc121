"""What an event tells, as words for people."""

from collections.abc import Callable
from typing import Any

from backend.approvals.models import Decision
from backend.core.fields import hidden_fields
from backend.core.text import bilingual
from backend.directory import holdings
from backend.documents.models import Document
from backend.events.models import Event
from backend.exports import kinds
from backend.exports.models import Export
from backend.files.rules import Reason
from backend.visits.rules import Code, Verdict
from backend.wechat.text import one_line, shortened
from notifications.subjects import subject_of
from notifications.wording import GAPS

_VERDICTS = {verdict.value: verdict.label for verdict in Verdict}
_DECISIONS = {
    "accepted": bilingual("认可", "accepted"),
    "rejected": bilingual("不认可", "rejected"),
    "declined": bilingual("未采纳", "declined"),
}
_REASONS = {
    Code.OUT_OF_RANGE.value: bilingual("不在客户附近", "not near the customer"),
    Code.WRONG_DATUM.value: bilingual("坐标系有误", "wrong coordinate system"),
    Code.COARSE_ACCURACY.value: bilingual("定位精度不足", "position too coarse"),
    Code.IDENTICAL_SAMPLES.value: bilingual("定位点完全相同", "identical positions"),
    Code.CIRCLE.value: bilingual("定位点呈规则圆形", "positions on a circle"),
    Code.TELEPORT.value: bilingual("定位点瞬间跳变", "positions that jump"),
    Code.IMPOSSIBLE_SPEED.value: bilingual("移动速度异常", "impossible speed"),
    Code.STALE_FIX.value: bilingual("定位已过时", "stale position"),
    Code.CLOCK_SKEW.value: bilingual("手机时间不准", "the phone's clock is off"),
    Code.PHOTO_REUSED.value: bilingual("照片重复使用", "photo used before"),
    Code.NEW_DEVICE.value: bilingual("新设备", "new device"),
    Code.CUSTOMER_WITHOUT_PLACE.value: bilingual("客户没有坐标", "customer without a place"),
    Code.SENT_LATE.value: bilingual("事后补传", "sent long after"),
}
_REFUSALS = {reason.value: reason.label for reason in (*Reason, *Export.Reason)}
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
