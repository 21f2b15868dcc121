"""Reads about handovers: what one would move, and what others have moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.core.text import bilingual
from backend.directory import holdings
from backend.directory.holdings import Holding, Why
from backend.directory.models import Employee
from backend.directory.models.handovers import Handover, HandoverItem
from backend.directory.standing_in import HasLeft, NotInChargeOf, arranges_for

SAMPLES = 5
LEFT = 50
Outcome = HandoverItem.Outcome


class ToHimself(Invalid):
    code = "successor_is_leaver"
    message = bilingual("不能移交给本人。", "Nobody succeeds himself.")


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets what: the customer's own successor first, then the kind's, then the general one."""

    leaver_id: UUID
    successor_id: UUID
    by_kind: Mapping[str, UUID] = field(default_factory=dict)
    by_customer: Mapping[UUID, UUID] = field(default_factory=dict)
    """A customer, and all that is about him."""
    kinds: Sequence[str] = ()
    """Keys of the holdings to move; none means all."""

    @property
    def successor_ids(self) -> set[UUID]:
        return {self.successor_id, *self.by_kind.values(), *self.by_customer.values()}

    @property
    def holdings(self) -> list[Holding]:
        """Raises UnknownHolding."""
        wanted = {holdings.get(key).key for key in self.kinds}
        for key in self.by_kind:
            holdings.get(key)
        return [holding for holding in holdings.registered() if not wanted or holding.key in wanted]

    def successor_of(self, holding: Holding, row: Any) -> UUID:
        customer_id = holding.customer_of(row)
        if customer_id is not None and customer_id in self.by_customer:
            return self.by_customer[customer_id]
        return self.by_kind.get(holding.key, self.successor_id)

    def as_json(self) -> dict[str, Any]:
        """Equal for equal plans."""
        return {
            "leaver_id": str(self.leaver_id),
            "successor_id": str(self.successor_id),
            "by_kind": {key: str(pk) for key, pk in sorted(self.by_kind.items())},
            "by_customer": {str(key): str(pk) for key, pk in sorted(self.by_customer.items())},
            "kinds": sorted(set(self.kinds)),
        }


@dataclass(frozen=True, slots=True)
class Part:
    """What one successor would get of one holding."""

    successor: Employee
    rows: list[Any]
    obstacles: dict[Any, Why]


@dataclass(frozen=True, slots=True)
class Group:
    holding: Holding
    parts: list[Part]

    @property
    def count(self) -> int:
        return sum(len(part.rows) for part in self.parts)

    @property
    def kept(self) -> int:
        return sum(len(part.obstacles) for part in self.parts)

    @property
    def samples(self) -> list[str]:
        return [self.holding.label(row) for part in self.parts for row in part.rows][:SAMPLES]


@dataclass(frozen=True, slots=True)
class Warning:
    code: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    leaver: Employee
    groups: list[Group]
    warnings: list[Warning]


def preview(*, actor: Actor, plan: Plan, at: datetime) -> Preview:
    """What the handover would move now, without moving it. Raises as the handover does."""
    people = check_people(actor, plan)
    leaver = people[plan.leaver_id]
    groups = [
        grouped(plan, holding, list(holding.rows(leaver, at).order_by("pk")), people) for holding in plan.holdings
    ]
    return Preview(leaver, [group for group in groups if group.count], _warnings(leaver, groups))


def check_people(actor: Actor, plan: Plan, *, lock: Sequence[UUID] | None = None) -> dict[UUID, Employee]:
    """Leaver and successors by id. With `lock` they are locked, these others with them, all in sorted order.

    Raises ToHimself, NotFound, NotInChargeOf, HasLeft.
    """
    actor.require("handover.manage")
    if plan.leaver_id in plan.successor_ids:
        raise ToHimself(fields={"successor_id": ToHimself.message})
    wanted = {plan.leaver_id, *plan.successor_ids}
    rows = Employee.objects.filter(company_id=actor.company_id)
    if lock is None:
        found = {person.pk: person for person in rows.filter(pk__in=wanted)}
    else:
        everybody = rows.filter(pk__in=wanted | set(lock)).select_for_update(no_key=True).order_by("pk")
        found = {person.pk: person for person in everybody if person.pk in wanted}
    if found.keys() != wanted:
        raise NotFound()
    if not all(arranges_for(actor=actor, employee=person) for person in found.values()):
        raise NotInChargeOf()
    if any(not found[pk].is_active for pk in plan.successor_ids):
        raise HasLeft()
    return found


def grouped(plan: Plan, holding: Holding, rows: list[Any], people: Mapping[UUID, Employee]) -> Group:
    by_successor: dict[UUID, list[Any]] = {}
    for row in rows:
        by_successor.setdefault(plan.successor_of(holding, row), []).append(row)
    parts = [
        Part(people[pk], given, holding.obstacles(rows=given, successor=people[pk]))
        for pk, given in sorted(by_successor.items())
    ]
    return Group(holding, parts)


def list_handovers(*, actor: Actor) -> QuerySet[Handover]:
    """Newest first."""
    rows = Handover.objects.visible_to(actor).select_related("leaver", "successor", "created_by")
    return rows.order_by("-created_at", "-id")


def get_handover(*, actor: Actor, handover_id: UUID) -> Handover:
    """Raises NotFound, also for a hidden one."""
    handover = list_handovers(actor=actor).filter(pk=handover_id).first()
    if handover is None:
        raise NotFound()
    return handover


def outcomes(handover: Handover) -> dict[str, dict[str, int]]:
    """{key of the holding: {outcome: how many}}."""
    found: dict[str, dict[str, int]] = {}
    rows = handover.items.values_list("kind", "outcome").annotate(n=Count("pk")).order_by("kind")
    for kind, outcome, count in rows:
        found.setdefault(kind, dict.fromkeys(Outcome.values, 0))[outcome] = count
    return found


def left_of(handover: Handover) -> QuerySet[HandoverItem]:
    """The first of what was not moved, or not put back."""
    rows = handover.items.filter(outcome__in=[Outcome.KEPT, Outcome.NOT_PUT_BACK]).select_related("successor")
    return rows.order_by("pk")[:LEFT]


def list_items(
    *, actor: Actor, handover_id: UUID, outcome: str | None = None, kind: str | None = None
) -> QuerySet[HandoverItem]:
    """Raises NotFound, also for a hidden one."""
    rows = get_handover(actor=actor, handover_id=handover_id).items.select_related("successor")
    if outcome:
        rows = rows.filter(outcome=outcome)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.order_by("-created_at", "-id")


def _warnings(leaver: Employee, groups: Sequence[Group]) -> list[Warning]:
    stuck = sum(group.kept for group in groups)
    drafts = sum(group.count for group in groups if group.holding.unfinished)
    found = [
        Warning(
            "still_active",
            bilingual(
                "此人仍在职，之后的新客户和单据仍归他。",
                "He is still here: whatever comes after this will be his again.",
            ),
            int(leaver.is_active),
        ),
        Warning("cannot_move", bilingual("部分内容不能交给所选的人。", "Some things cannot be theirs."), stuck),
        Warning("unfinished", bilingual("有未提交的草稿。", "There are drafts that nobody has submitted."), drafts),
        *(Warning(code, text, count(leaver)) for code, text, count in holdings.cautions()),
    ]
    return [warning for warning in found if warning.count]
