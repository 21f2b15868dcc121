"""Figures about visits, in groups and in all: of exactly the visits, plans and customers that the reader sees.

Who sees a row is asked of `visible_to` alone: its query, compiled, is where each statement begins. Three statements and
the names, however long the period and however many groups.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import CharField, F, Func, QuerySet, Value

from backend.core.actor import Actor, Scope
from backend.core.clock import start_of
from backend.customers.models import Customer
from backend.directory.models import Department, Employee
from backend.directory.selectors import subtree_of, timezone_of
from backend.visits.known import known_fact
from backend.visits.models import Visit, VisitPlan
from backend.visits.selectors.cadence import VISITED
from backend.visits.selectors.planning import TooMuchAtOnce

LONGEST = timedelta(days=366)


class By(StrEnum):
    """What a group has in common."""

    OWNER = "owner"
    DEPARTMENT = "department"
    """With everything below it, so that a visit counts in several groups and once in the totals."""
    LEVEL = "level"
    """Of the customer as it is now, like the type; empty where the reader does not see the customer."""
    TYPE = "type"
    DAY = "day"
    """Of the company's calendar, like the week of ISO 8601 (2026-W48) and the month."""
    WEEK = "week"
    MONTH = "month"


class Narrowed(NamedTuple):
    """To one person, to a department with everything below it, to customers of one level: as groups tell it."""

    owner_id: UUID | None = None
    department_id: UUID | None = None
    level: str | None = None


@dataclass(slots=True)
class Figures:
    """Of one group. Shares are not among them: who shows one divides."""

    visits: int = 0
    """Begun in the period; all up to `photos` is told of these."""
    completed: int = 0
    customers: int = 0
    """Different ones."""
    verified: int = 0
    """By the rules; the other verdicts are the sum of the next three."""
    accepted: int = 0
    rejected: int = 0
    waiting: int = 0
    """Doubtful, and nobody has decided."""
    timed: int = 0
    """Where the owner checked out himself; only of these anybody knows how long they took."""
    minutes: int = 0
    """Whole ones of each of those, in all, as `Visit.minutes`."""
    photos: int = 0
    """With voice notes and videos."""
    planned: int = 0
    """Plans of the period, cancelled ones left out."""
    kept: int = 0
    """Those of them that are done."""
    in_charge: int | None = 0
    """Customers with an owner that are prospects or active; None where the reader may see no customers."""
    covered: int | None = 0
    """Those of them that anybody has visited in the period, rejected check-ins left out."""


class Group(NamedTuple):
    key: str
    """An id, a level, a type, or a day, week or month."""
    name: str
    figures: Figures


class Statistics(NamedTuple):
    groups: list[Group]
    """Times in their order, all others by the number of visits; only those with something to tell."""
    totals: Figures


Key = str | None
Found = dict[Key, tuple[int, ...]]
TOTAL: Key = None
_MOMENTS = {By.DAY: "YYYY-MM-DD", By.WEEK: 'IYYY-"W"IW', By.MONTH: "YYYY-MM"}
_VISIT = (
    *("key", "id", "customer_id", "status", "verdict", "decision", "closed_by"),
    *("checked_in_at", "checked_out_at", "kept_back_s", "check_out_kept_back_s"),
)
_PLAN = ("key", "status")
_DOUBTFUL = "count(*) FILTER (WHERE seen.verdict <> 'verified' AND seen.decision = {})"
_CELLS = f"""cell AS (
    SELECT seen.key, seen.customer_id, count(*) AS visits,
        count(*) FILTER (WHERE seen.status = 'completed') AS completed,
        count(*) FILTER (WHERE seen.verdict = 'verified') AS verified, {_DOUBTFUL.format("'accepted'")} AS accepted,
        {_DOUBTFUL.format("'rejected'")} AS rejected, {_DOUBTFUL.format("''")} AS waiting,
        count(*) FILTER (WHERE seen.closed_by = 'owner') AS timed,
        sum(greatest(0, floor((date_part('epoch', seen.checked_out_at - seen.checked_in_at)
            - seen.check_out_kept_back_s + seen.kept_back_s) / 60))) FILTER (WHERE seen.closed_by = 'owner') AS minutes,
        sum(pictures.photos) AS photos
    FROM seen LEFT JOIN (
        SELECT photo.visit_id, count(*) AS photos FROM visits_visitphoto photo
        WHERE photo.visit_id IN (SELECT id FROM seen) GROUP BY photo.visit_id
    ) pictures ON pictures.visit_id = seen.id GROUP BY seen.key, seen.customer_id
)"""  # noqa: S608
"""By group and customer, so that different customers are counted, and departments rolled up, among few rows."""
_SUM = "coalesce(sum(cell.{}), 0)::bigint"
_SUMMED = ("verified", "accepted", "rejected", "waiting", "timed", "minutes", "photos")
_OF_VISITS = ", ".join(
    (*map(_SUM.format, ("visits", "completed")), "count(DISTINCT cell.customer_id)", *map(_SUM.format, _SUMMED))
)
_OF_PLANS = "count(*), count(*) FILTER (WHERE seen.status = 'done')"
_OF_CUSTOMERS = "count(*), count(*) FILTER (WHERE seen.id IN (SELECT customer_id FROM been))"
NO_VISITS, NOTHING = (0,) * 10, (0, 0)
_COVERED_IN = """SELECT false, been.key, 0, count(DISTINCT been.customer_id)
    FROM been JOIN seen ON seen.id = been.customer_id GROUP BY been.key"""
_REACH = "JOIN unnest(%s::uuid[], %s::uuid[]) AS reach (department_id, above) ON reach.department_id = {}.key"


def statistics(*, actor: Actor, first: date, last: date, by: By, narrowed: Narrowed = Narrowed()) -> Statistics:
    """Of these days, both included. Raises TooMuchAtOnce over a year, and where the last day is before the first."""
    actor.require("visit.read")
    if not timedelta(0) <= last - first < LONGEST:
        raise TooMuchAtOnce()
    asked = _Asked(actor, first, last, by, narrowed)
    visits, plans, customers = asked.visits(), asked.plans(), asked.customers()
    sees_customers = actor.may("customer.read")

    def figures(key: Key) -> Figures:
        told = Figures(*visits.get(key, NO_VISITS), *plans.get(key, NOTHING), *customers.get(key, NOTHING))
        if not sees_customers:
            told.in_charge = told.covered = None
        elif by in _MOMENTS:
            told.in_charge = customers[TOTAL][0]
        return told

    keys = {key for key in (*visits, *plans, *customers) if key is not None}
    groups = [Group(key, name, figures(key)) for key, name in asked.names(keys).items()]
    return Statistics(sorted(groups, key=_in_time if by in _MOMENTS else _by_number), figures(TOTAL))


def _in_time(group: Group) -> Any:
    return group.key


def _by_number(group: Group) -> Any:
    return -group.figures.visits, group.name, group.key


class _Asked:
    def __init__(self, actor: Actor, first: date, last: date, by: By, narrowed: Narrowed) -> None:
        self.actor, self.first, self.last, self.by, self.narrowed = actor, first, last, by, narrowed
        zone = timezone_of(company_id=actor.company_id)
        self.since, self.until = start_of(first, zone), start_of(last + timedelta(days=1), zone)
        self._local = Func(Value(zone), F("started_at"), function="timezone")
        self.within = subtree_of(narrowed.department_id) if narrowed.department_id else None
        self.departments = self._departments() if by == By.DEPARTMENT else {}

    def visits(self) -> Found:
        rows = self._narrowed(self._all_visits()).annotate(key=self._key(self._local))
        return self._counted(rows.values_list(*_VISIT), _VISIT, _OF_VISITS, source="cell", between=_CELLS)

    def plans(self) -> Found:
        rows: QuerySet[Any] = VisitPlan.objects.visible_to(self.actor).exclude(status=VisitPlan.Status.CANCELLED)
        rows = self._narrowed(rows.filter(planned_on__range=(self.first, self.last)))
        rows = rows.annotate(key=self._key(F("planned_on")))
        return self._counted(rows.values_list(*_PLAN), _PLAN, _OF_PLANS)

    def customers(self) -> Found:
        """In charge and covered; of a day, week or month only what was covered in it."""
        if not self.actor.may("customer.read"):
            return {}
        charged: Any = Customer.objects.visible_to(self.actor).filter(owner__isnull=False, status__in=VISITED)
        been = self._all_visits().exclude(decision=Visit.Decision.REJECTED)
        if self.by in _MOMENTS:
            been, key, groups = been.annotate(key=self._key(self._local)), Value("", CharField()), _COVERED_IN
        else:
            been, key, groups = been.annotate(key=Value("", CharField())), self._key(None, F), ""
        rows = self._narrowed(charged, F).annotate(key=key).values_list("key", "id")
        before = _compiled("been (key, customer_id)", been.values_list("key", "customer_id"))
        return self._counted(rows, ("key", "id"), _OF_CUSTOMERS, before=before, groups=groups)

    def names(self, keys: set[str]) -> dict[str, str]:
        match self.by:
            case By.OWNER:
                people = Employee.objects.filter(company_id=self.actor.company_id, pk__in=keys)
                return {str(pk): name for pk, name in people.values_list("pk", "name")}
            case By.DEPARTMENT:
                return {key: self.departments[UUID(key)].name for key in keys}
            case _:
                return {key: key for key in keys}

    def _all_visits(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = Visit.objects.visible_to(self.actor)
        return rows.filter(started_at__gte=self.since, started_at__lt=self.until, checked_in_at__isnull=False)

    def _known(self, name: str) -> Any:
        return known_fact(self.actor, name)

    def _narrowed(self, rows: QuerySet[Any], fact: Callable[[str], Any] | None = None) -> QuerySet[Any]:
        """`fact` is how a row tells the level of its customer; visits and plans as far as the reader knows it."""
        if self.narrowed.owner_id:
            rows = rows.filter(owner_id=self.narrowed.owner_id)
        if self.within is not None:
            rows = rows.filter(department_id__in=self.within)
        if self.narrowed.level is not None:
            rows = rows.annotate(at_level=(fact or self._known)("level")).filter(at_level=self.narrowed.level)
        return rows

    def _key(self, moment: Any, fact: Callable[[str], Any] | None = None) -> Any:
        match self.by:
            case By.OWNER | By.DEPARTMENT:
                return F(f"{self.by}_id")
            case By.LEVEL | By.TYPE:
                return (fact or self._known)(self.by)
            case _:
                return Func(moment, Value(_MOMENTS[self.by]), function="to_char", output_field=CharField())

    def _departments(self) -> dict[UUID, Department]:
        rows = Department.objects.filter(company_id=self.actor.company_id).only("name", "parent_id")
        return {row.pk: row for row in rows}

    def _reach(self) -> list[tuple[UUID, UUID]]:
        """Each department with itself and with those above it that have a group: not beyond what the reader sees, nor
        above where he looks, for there a part would pass for the whole."""
        shown = set(self.departments)
        if self.actor.scope(Visit.resource) != Scope.COMPANY:
            shown &= set(self.actor.departments(Visit.resource))
        if self.within is not None:
            shown &= set(self.within)
        pairs = []
        for start in self.departments:
            at: UUID | None = start
            above: dict[UUID, None] = {}
            while at in self.departments and at not in above:
                above[at] = None
                at = self.departments[at].parent_id
            pairs += [(start, one) for one in above if one == start or one in shown]
        return pairs

    def _counted(
        self,
        rows: QuerySet[Any],
        columns: tuple[str, ...],
        figures: str,
        *,
        before: tuple[str, list[Any]] = ("", []),
        between: str = "",
        source: str = "seen",
        groups: str = "",
    ) -> Found:
        """`figures` of each group, and of all under TOTAL."""
        seen, params = _compiled(f"seen ({', '.join(columns)})", rows)
        params = [*before[1], *params]
        key, reach = f"{source}.key", ""
        if self.by == By.DEPARTMENT:
            key, reach = "reach.above", _REACH.format(source)
            params += map(list, zip(*self._reach(), strict=True))
        ctes = ", ".join(filter(None, (before[0], seen, between)))
        of_group = groups or f"SELECT false, {key}::text, {figures} FROM {source} {reach} GROUP BY 2"  # noqa: S608
        of_all = f"SELECT true, NULL, {figures} FROM {source}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {ctes} {of_all} UNION ALL {of_group}", params)
            return {TOTAL if total else key: tuple(counts) for total, key, *counts in cursor.fetchall()}


def _compiled(name: str, rows: QuerySet[Any]) -> tuple[str, list[Any]]:
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    return f"{name} AS ({sql})", list(params)
