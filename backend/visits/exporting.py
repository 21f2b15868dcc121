"""Visits as an export: the feed as the phone shows it, whole, for at most a year.

Positions are in it as on every screen, in cells of 0.01°: an exact one is looked at on request, which is recorded.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import translation

from backend.core.actor import Actor
from backend.core.clock import start_of
from backend.core.sheet_columns import Column
from backend.core.text import bilingual, in_both
from backend.core.workbooks import Cell
from backend.directory.selectors import subtree_of, timezone_of
from backend.exports import kinds
from backend.exports.kinds import Filters
from backend.visits.known import known_customers
from backend.visits.models import Visit, VisitCompanion, VisitReading
from backend.visits.rules import REASONS, Code, Verdict, coarse
from backend.visits.selectors import feed
from backend.visits.selectors.feed import Card, Sieve
from backend.visits.selectors.planning import TooMuchAtOnce

AT_ONCE = 1000
LONGEST = timedelta(days=366)
COLUMNS = (
    Column("day", "日期", "Date"),
    Column("owner_number", "工号", "Number"),
    Column("owner", "拜访人", "Visitor"),
    Column("department", "部门", "Department"),
    Column("customer", "客户", "Customer"),
    Column("customer_code", "客户编码", "Customer code"),
    Column("customer_level", "客户等级", "Customer level"),
    Column("customer_type", "客户类型", "Customer type"),
    Column("planned", "计划内", "Planned"),
    Column("purpose", "目的", "Purpose"),
    Column("came", "签到时间", "Checked in"),
    Column("left", "签退时间", "Checked out"),
    Column("minutes", "用时（分钟）", "Minutes"),
    Column("closed_by", "签退方式", "Closed by"),
    Column("verdict", "核实结果", "Verdict"),
    Column("reasons", "原因", "Reasons"),
    Column("distance_m", "距客户（米）", "Distance (m)"),
    Column("lat", "纬度（约 1 公里）", "Latitude (to 1 km)"),
    Column("lng", "经度（约 1 公里）", "Longitude (to 1 km)"),
    Column("decision", "审核", "Decision"),
    Column("decided_by", "审核人", "Decided by"),
    Column("decision_reason", "审核理由", "Reason of the decision"),
    Column("companions", "同访人", "Co-visitors"),
    Column("actions", "完成动作数", "Actions"),
    Column("photos", "照片数", "Photos"),
    Column("summary", "小结", "Summary"),
    Column("next_step", "下一步", "Next step"),
    Column("next_on", "下次日期", "Next date"),
    Column("comments", "点评数", "Comments"),
    Column("likes", "点赞数", "Likes"),
    Column("readers", "已阅人", "Read by"),
)
OF_CUSTOMERS = {"customer_code", "customer_level", "customer_type"}
"""The name of the customer is on every visit; these are for who sees customers."""
YES = in_both("是", "yes")


def _period(actor: Actor, filters: Filters) -> tuple[datetime, datetime]:
    """Raises TooMuchAtOnce."""
    first, last = date.fromisoformat(filters["first"]), date.fromisoformat(filters["last"])
    if not timedelta(0) <= last - first < LONGEST:
        raise TooMuchAtOnce()
    zone = timezone_of(company_id=actor.company_id)
    return start_of(first, zone), start_of(last + timedelta(days=1), zone)


def _sieve(filters: Filters) -> Sieve:
    owner, department, verdict = (filters.get(name) for name in ("owner", "department", "verdict"))
    return Sieve(
        owner_id=UUID(owner) if owner else None,
        department_id=UUID(department) if department else None,
        verdict=Verdict(verdict) if verdict else None,
    )


def _columns(actor: Actor, filters: Filters) -> list[kinds.Column]:
    sees = actor.may("customer.read")
    return [kinds.Column(one.field, one.heading) for one in COLUMNS if sees or one.field not in OF_CUSTOMERS]


def _count(actor: Actor, filters: Filters) -> int:
    since, until = _period(actor, filters)
    sieve = _sieve(filters)
    rows: Any = Visit.objects.visible_to(actor).filter(checked_in_at__isnull=False)
    rows = rows.filter(started_at__gte=since, started_at__lt=until)
    if sieve.owner_id:
        rows = rows.filter(owner_id=sieve.owner_id)
    if sieve.department_id:
        rows = rows.filter(department_id__in=subtree_of(sieve.department_id))
    if sieve.verdict:
        rows = rows.filter(verdict=sieve.verdict)
    return int(rows.count())


def _portions(actor: Actor, filters: Filters, keys: Sequence[str]) -> Iterator[list[list[Cell]]]:
    since, until = _period(actor, filters)
    zone = ZoneInfo(timezone_of(company_id=actor.company_id))
    before = None
    asked: dict[str, Any] = {"since": since, "until": until, "sieve": _sieve(filters), "at": until}
    while cards := feed.cards(actor=actor, limit=AT_ONCE, before=before, **asked):
        more = _more(actor, cards)
        cells = [_cells(card, zone) | more[card.visit.id] for card in cards]
        yield [[row.get(key) for key in keys] for row in cells]
        if len(cards) < AT_ONCE:
            return
        before = cards[-1].visit.started_at, cards[-1].visit.id


def _cells(card: Card, zone: ZoneInfo) -> dict[str, Cell]:
    visit = card.visit
    return {
        "day": _moment(visit.started_at, zone)[:10],
        "owner": visit.owner_name,
        "customer": visit.customer_name,
        "planned": YES if visit.plan_id else "",
        "purpose": visit.purpose,
        "came": _moment(visit.checked_in_at, zone),
        "left": _moment(visit.checked_out_at, zone),
        "closed_by": _both(Visit.ClosedBy, visit.closed_by),
        "verdict": _both(Verdict, visit.verdict),
        "distance_m": None if visit.distance_m is None else round(visit.distance_m, 1),
        "decision": _both(Visit.Decision, visit.decision),
        "actions": card.actions,
        "photos": card.photos,
        "summary": card.summary,
        "next_step": card.next_step,
        "next_on": card.next_on.isoformat() if card.next_on else "",
        "comments": card.comments,
        "likes": card.likes,
    }


def _more(actor: Actor, cards: Sequence[Card]) -> dict[UUID, dict[str, Cell]]:
    """What a card does not tell, in four queries however many they are."""
    visit_ids = [card.visit.id for card in cards]
    rows = Visit.objects.filter(pk__in=visit_ids).select_related("customer", "owner", "department", "decided_by")
    people = {"companions": _names(VisitCompanion, visit_ids), "readers": _names(VisitReading, visit_ids)}
    known = known_customers(actor, (card.visit.customer_id for card in cards))
    return {
        row.pk: _detail(row)
        | {key: names[row.pk] for key, names in people.items()}
        | (_of_customer(row) if row.customer_id in known else {})
        for row in rows
    }


def _of_customer(visit: Visit) -> dict[str, Cell]:
    customer = visit.customer
    return {"customer_code": customer.code, "customer_level": customer.level, "customer_type": customer.type}


def _detail(visit: Visit) -> dict[str, Cell]:
    told: dict[str, Cell] = {
        "owner_number": visit.owner.number,
        "department": visit.department.name,
        "minutes": visit.minutes,
        "reasons": "、".join(_reason(Code(reason["code"])) for reason in visit.reasons),
        "decided_by": visit.decided_by.name if visit.decided_by else "",
        "decision_reason": visit.decision_reason,
    }
    if visit.lat is not None and visit.lng is not None:
        told["lat"], told["lng"], _ = coarse(visit.lat, visit.lng, 0.0)
    return told


def _names(model: Any, visit_ids: list[UUID]) -> dict[UUID, str]:
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = model.objects.filter(visit_id__in=visit_ids).order_by("pk").values_list("visit_id", "employee__name")
    for visit_id, name in rows:
        found[visit_id].append(name)
    return defaultdict(str, {visit_id: "、".join(names) for visit_id, names in found.items()})


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


@cache
def _both(choices: Any, value: str) -> str:
    return _in_both(choices(value).label) if value else ""


@cache
def _reason(code: Code) -> str:
    return _in_both(REASONS[code])


def _in_both(words: Any) -> str:
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(str(words))
    return in_both(*said)


VISITS = kinds.Kind(
    key="visits",
    name=bilingual("拜访", "visits"),
    capabilities=("visit.export", "visit.read"),
    resource="visit",
    check=_period,
    columns=_columns,
    count=_count,
    portions=_portions,
)
