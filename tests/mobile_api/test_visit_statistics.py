"""Every figure agrees with the rows that the reader sees: random visits, counted again in plain Python."""

import random
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.core import clock
from backend.core.actor import Actor, Scope
from backend.customers.models import Customer
from backend.directory.models import Department
from backend.directory.selectors import subtree_of
from backend.visits.models import Visit, VisitPhoto, VisitPlan
from backend.visits.selectors.statistics import By, Figures, Narrowed, statistics
from tests.notifications.subjects import customer_of, file_of
from tests.support.visits import refused

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 12, 22), date(2027, 1, 10)
BEGIN = datetime(2026, 12, 20, tzinfo=UTC)
VERDICTS = ["verified"] * 4 + ["suspect", "out_of_range", "unverifiable"]
IN_TIME = {By.DAY, By.WEEK, By.MONTH}
LEVELS, TYPES = ["A", "B", ""], ["超市", "餐厅", ""]


@pytest.fixture
def drawn(cast):
    """Among two companies, with cancelled, unbegun, shown and binned ones, and moves between departments."""
    chance = random.Random(2026)
    people = list(cast.everybody.values())
    deep = Department.objects.create(company=cast.company, code="deep", name="浦东组", parent=cast.shanghai)
    departments = [cast.east, cast.shanghai, cast.north, deep, cast.wang.department]
    customers = {person.company_id: [] for person in people}
    for person in chance.choices(people, k=40):
        one = customer_of(person)
        one.level, one.type = chance.choice(LEVELS), chance.choice(TYPES)
        one.status = chance.choice(["prospect", "active", "active", "closed"])
        if chance.random() < 0.15:
            one.owner = None
        one.save()
        customers[person.company_id].append(one)
    visits, plans = [], []
    for owner in chance.choices(people, k=160):
        home = owner.department if owner.company_id == cast.acme.pk else chance.choice(departments)
        about = {"company_id": owner.company_id, "owner": owner, "department": home}
        about["customer"] = chance.choice(customers[owner.company_id])
        began = BEGIN + timedelta(minutes=chance.randrange(24 * 24 * 60))
        ended = began + timedelta(seconds=chance.randrange(7200))
        binned = BEGIN if chance.random() < 0.05 else None
        visit = Visit(**about, started_at=began, deleted_at=binned)
        if chance.random() < 0.85:
            visit.status, visit.verdict, visit.checked_in_at = "completed", chance.choice(VERDICTS), began
            visit.checked_out_at, visit.closed_by = ended, chance.choice(["owner", "owner", "manager", "system"])
            if chance.random() < 0.2:
                visit.kept_back_s, visit.check_out_kept_back_s = chance.uniform(0, 7200), chance.uniform(0, 3600)
            if visit.verdict != "verified":
                visit.decision = chance.choice(["", "accepted", "rejected"])
        visits.append(visit)
        day = FIRST + timedelta(days=chance.randrange(-3, 24))
        plans.append(VisitPlan(**about, planned_on=day, status=chance.choice(["planned", "done", "cancelled"])))
    Visit.objects.bulk_create(visits)
    VisitPlan.objects.bulk_create(plans)
    for visit in chance.sample(visits, 40):
        visit.show_to([chance.choice(people).pk])
        for _ in range(chance.randrange(3)):
            told = {"company_id": visit.company_id, "created_at": clock.now(), "attachment": file_of(visit.owner)}
            VisitPhoto.objects.create(visit=visit, **told)
    return deep


def readers(cast):
    known = {name: cast.actor(getattr(cast, name)) for name in ("li", "han", "wang", "sun")}
    narrow = replace(known["han"], scopes={"visit": Scope.DEPARTMENT, "customer": Scope.COMPANY})
    blind = replace(known["wang"], capabilities=known["wang"].capabilities - {"customer.read"})
    return known | {"narrow": narrow, "sees no customers": blind}


class Plain:
    """The same by lists and sets."""

    def __init__(self, cast, actor: Actor, by: By, narrowed: Narrowed) -> None:
        self.actor, self.by, self.narrowed = actor, by, narrowed
        self.zone = ZoneInfo(cast.company.timezone)
        seen = Customer.objects.visible_to(actor) if actor.may("customer.read") else Customer.objects.none()
        self.known = set(seen.values_list("pk", flat=True))
        below = {one.pk: set(subtree_of(one.pk)) for one in Department.objects.filter(company_id=actor.company_id)}
        self.within = below.get(narrowed.department_id, set()) if narrowed.department_id else None
        shown = set(below) if actor.scope("visit") == Scope.COMPANY else set(actor.departments("visit"))
        shown &= self.within if self.within is not None else shown
        self.above = {pk: {one for one in shown if pk in below[one]} | {pk} for pk in below}
        rows = Visit.objects.visible_to(actor).select_related("customer")
        self.all = [row for row in rows if row.checked_in_at and FIRST <= self.day(row) <= LAST]
        self.visits = list(filter(self.wanted, self.all))
        plans = VisitPlan.objects.visible_to(actor).select_related("customer").exclude(status="cancelled")
        self.plans = [row for row in plans if FIRST <= row.planned_on <= LAST and self.wanted(row)]
        found = Customer.objects.visible_to(actor).filter(owner__isnull=False, status__in=["prospect", "active"])
        self.customers = [row for row in found if self.wanted(row)]
        self.been = [visit for visit in self.all if visit.decision != "rejected"]
        self.pictures = Counter(VisitPhoto.objects.values_list("visit_id", flat=True))
        self.days_of = {}
        if by in IN_TIME:
            for visit in self.been:
                self.days_of.setdefault(visit.customer_id, set()).update(self.keys(visit))

    def day(self, row):
        return row.planned_on if isinstance(row, VisitPlan) else row.started_at.astimezone(self.zone).date()

    def fact(self, row, name: str) -> str:
        customer = row if isinstance(row, Customer) else row.customer
        return getattr(customer, name) if customer.pk in self.known else ""

    def wanted(self, row) -> bool:
        return (
            self.narrowed.owner_id in {None, row.owner_id}
            and (self.within is None or row.department_id in self.within)
            and self.narrowed.level in {None, self.fact(row, "level")}
        )

    def keys(self, row) -> set[str]:
        match self.by:
            case By.OWNER:
                return {str(row.owner_id)}
            case By.DEPARTMENT:
                return {str(one) for one in self.above[row.department_id]}
            case By.LEVEL:
                return {self.fact(row, "level")}
            case By.TYPE:
                return {self.fact(row, "type")}
        if isinstance(row, Customer):
            return self.days_of.get(row.pk, set())
        year, week, _ = self.day(row).isocalendar()
        day = self.day(row)
        return {{By.DAY: str(day), By.WEEK: f"{year}-W{week:02}", By.MONTH: f"{day:%Y-%m}"}[self.by]}

    def figures(self, key: str | None) -> dict:
        def of(rows):
            return [row for row in rows if key is None or key in self.keys(row)]

        visits, plans, customers = of(self.visits), of(self.plans), of(self.customers)
        timed = [visit.minutes for visit in visits if visit.minutes is not None]
        doubtful = [visit.decision for visit in visits if visit.verdict != "verified"]
        been = {visit.customer_id for visit in self.been}
        sees = self.actor.may("customer.read")
        return asdict(
            Figures(
                visits=len(visits),
                completed=sum(visit.status == "completed" for visit in visits),
                customers=len({visit.customer_id for visit in visits}),
                verified=sum(visit.verdict == "verified" for visit in visits),
                accepted=doubtful.count("accepted"),
                rejected=doubtful.count("rejected"),
                waiting=doubtful.count(""),
                timed=len(timed),
                minutes=sum(timed),
                photos=sum(self.pictures[visit.pk] for visit in visits),
                planned=len(plans),
                kept=sum(plan.status == "done" for plan in plans),
                in_charge=len(self.customers if self.by in IN_TIME else customers) if sees else None,
                covered=sum(one.pk in been for one in customers) if sees else None,
            )
        )

    def groups(self) -> dict[str, dict]:
        rows = [*self.visits, *self.plans, *(self.customers if self.actor.may("customer.read") else ())]
        return {key: self.figures(key) for key in {key for row in rows for key in self.keys(row)}}


def test_every_figure_agrees_with_the_rows(cast, drawn):
    narrowed = [
        Narrowed(),
        Narrowed(owner_id=cast.li.pk),
        Narrowed(department_id=cast.east.pk),
        Narrowed(department_id=cast.shanghai.pk, level="A"),
        Narrowed(level=""),
    ]
    told = 0
    for name, actor in readers(cast).items():
        for number, by in enumerate(By):
            one = narrowed[(number + len(name)) % len(narrowed)]
            for asked in (Narrowed(), one)[number % 2 :]:
                plain = Plain(cast, actor, by, asked)
                found = statistics(actor=actor, first=FIRST, last=LAST, by=by, narrowed=asked)
                assert asdict(found.totals) == plain.figures(None), (name, by, asked)
                groups = {group.key: asdict(group.figures) for group in found.groups}
                assert groups == plain.groups(), (name, by, asked)
                told += len(groups)
    assert told > 150


def test_departments_hold_what_is_below_them_and_a_manager_sees_no_part_as_a_whole(cast, drawn):
    everybody = statistics(actor=cast.actor(cast.wang), first=FIRST, last=LAST, by=By.DEPARTMENT)
    figures = {group.name: group.figures for group in everybody.groups}
    root = cast.wang.department.name
    assert figures[root] == everybody.totals
    assert figures["华东区"].visits > figures["上海组"].visits > figures["浦东组"].visits > 0
    han = statistics(actor=cast.actor(cast.han), first=FIRST, last=LAST, by=By.DEPARTMENT)
    own_outside = {visit.department_id for visit in Visit.objects.visible_to(cast.actor(cast.han))}
    assert {group.key for group in han.groups} <= {str(pk) for pk in own_outside} | {str(cast.east.pk)}


def test_the_api_shows_shares_and_keeps_to_the_same_number_of_statements(api, cast, drawn, django_assert_num_queries):
    wang = api(cast.wang)
    wang.get("/me")
    period = {"from": str(FIRST), "to": str(LAST)}
    for by, queries in (("owner", 6), ("week", 5), ("department", 6)):
        with django_assert_num_queries(queries):
            reply = wang.get("/visits/statistics", by=by, **period)
        assert reply.status_code == 200
    totals = reply.json()["totals"]
    proven = totals["verified"] + totals["accepted"]
    assert totals["verified_share"] == round(proven / totals["visits"], 4)
    assert totals["average_minutes"] == round(totals["minutes"] / totals["timed"], 1)
    weeks = wang.get("/visits/statistics", by="week", **period).json()["items"]
    assert [week["key"] for week in weeks] == sorted(week["key"] for week in weeks)
    assert {"2026-W53", "2027-W01"} <= {week["key"] for week in weeks}

    assert refused(
        wang.get("/visits/statistics", **{"from": "2026-01-01", "to": "2027-01-02"}), 422, "too_much_at_once"
    )
    assert refused(
        wang.get("/visits/statistics", **{"from": "2026-01-02", "to": "2026-01-01"}), 422, "too_much_at_once"
    )
    nobody = wang.get("/visits/statistics", owner=str(cast.sun.pk), **period).json()
    assert (nobody["items"], nobody["totals"]["visits"]) == ([], 0)
