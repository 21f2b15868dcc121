"""The hand-written reads return exactly what the plain queries do, for everybody and whatever the data."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from backend.core.actor import Actor, Scope
from backend.core.errors import NotFound
from backend.customers import services as customers
from backend.directory.models import Employee
from backend.visits import selectors
from backend.visits.models import Visit, VisitComment
from backend.visits.selectors import hot
from tests.support.cast import Cast
from tests.support.plans import plans_of

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30


def actors(cast: Cast) -> dict[str, Actor]:
    known = {name: cast.actor(employee) for name, employee in cast.everybody.items()}
    narrow = replace(known["han"], scopes={"visit": Scope.DEPARTMENT})
    return known | {"system": Actor.system(cast.company.pk), "han, own department only": narrow}


@pytest.fixture(params=[1, 2], ids="seed{}".format)
def visits(request, cast) -> list[Visit]:
    """Many at equal moments, some in the bin, some shown to others, with owners outside their departments."""
    chance = random.Random(request.param)
    people = list(cast.everybody.values())
    shops = {
        company.pk: customers.put_customer(actor=Actor.system(company.pk), code="A", name=company.name, at=START)
        for company in (cast.company, cast.acme)
    }
    departments = [cast.east, cast.shanghai, cast.north, cast.wang.department]
    made = Visit.objects.bulk_create(
        Visit(
            company=owner.company,
            owner=owner,
            department=owner.department if owner == cast.sun else chance.choice(departments),
            customer=shops[owner.company_id],
            started_at=START + timedelta(days=chance.randrange(DAYS)),
            deleted_at=START if chance.random() < 0.1 else None,
        )
        for owner in chance.choices(people, k=120)
    )
    for person in people:
        mine = next(visit for visit in made if visit.owner == person)
        mine.change(status="open", checked_in_at=START, verdict="verified")
    for visit in chance.sample(made, 30):
        visit.show_to([person.pk for person in chance.sample(people, 2)])
    return made


def paged(actor: Actor, limit: int, **bounds: Any) -> list[hot.VisitRow]:
    seen: list[hot.VisitRow] = []
    before = None
    while rows := hot.newest_visits(actor=actor, limit=limit, before=before, **bounds):
        seen += rows
        before = rows[-1].started_at, rows[-1].id
    return seen


def test_the_list_equals_the_plain_query_page_by_page(cast, visits):
    for since, until, status in (
        (None, None, None),
        (5, None, None),
        (None, 20, None),
        (5, 20, None),
        (20, 5, None),
        (None, None, "open"),
        (5, 20, "created"),
    ):
        bounds = {
            "since": START + timedelta(days=since) if since else None,
            "until": START + timedelta(days=until) if until else None,
            "status": status,
        }
        sizes = {}
        for name, actor in actors(cast).items():
            plain = [hot.VisitRow.of(visit) for visit in selectors.list_visits(actor=actor, **bounds)]
            assert paged(actor, 7, **bounds) == plain, (name, bounds)
            sizes[name] = len(plain)

        if status is None and (since or 0) < (until or DAYS):
            assert sizes["system"] == sizes["wang"] > sizes["han"] > sizes["li"] > 0
            assert sizes["sun"] > 0


def test_the_screen_is_shown_to_exactly_those_who_see_the_visit(cast, visits):
    for name, actor in actors(cast).items():
        seen = set(Visit.objects.visible_to(actor).values_list("pk", flat=True))
        for visit in visits[:40]:
            if visit.pk in seen:
                screen = hot.visit_screen(actor=actor, visit_id=visit.pk)
                assert screen.stamp == hot.visit_stamp(actor=actor, visit_id=visit.pk)
                plain = hot.VisitRow.of(selectors.get_visit(actor=actor, visit_id=visit.pk))
                assert tuple(getattr(screen, field) for field in hot.VisitRow._fields) == plain, name
            else:
                for ask in (hot.visit_screen, hot.visit_stamp, selectors.get_visit):
                    with pytest.raises(NotFound):
                        ask(actor=actor, visit_id=visit.pk)


def test_the_stamp_moves_with_everything_the_screen_shows(cast, visits):
    visit = next(visit for visit in visits if visit.owner == cast.li and visit.deleted_at is None)
    actor = cast.actor(cast.li)
    VisitComment.objects.create(
        company=cast.company, visit=visit, author=cast.han, text="好", created_at=START + timedelta(days=1)
    )
    stamps = [hot.visit_stamp(actor=actor, visit_id=visit.pk)]

    def rename(row, name):
        type(row)._base_manager.filter(pk=row.pk).update(name=name)

    for change in (
        lambda: visit.change(summary="谈妥"),
        lambda: rename(visit.customer, "世纪联华"),
        lambda: rename(cast.li, "李磊"),
        lambda: rename(cast.han, "韩美美"),
        lambda: visit.change(decided_by=cast.qian),
        lambda: rename(cast.qian, "钱进进"),
    ):
        change()
        stamps.append(hot.visit_stamp(actor=actor, visit_id=visit.pk))

    assert len(set(stamps)) == len(stamps)


def test_a_page_enters_an_index_and_stops_there(cast):
    """The cost of a page may not grow with the table: nowhere is it read whole or sorted."""
    shop = customers.put_customer(actor=Actor.system(cast.company.pk), code="A", name="A", at=START)
    crowd = Employee.objects.bulk_create(
        Employee(company=cast.company, number=f"9{n}", login=f"waiqin/9{n}", name=f"同事{n}", department=cast.north)
        for n in range(40)
    )
    made = Visit.objects.bulk_create(
        [
            Visit(
                company=cast.company,
                owner=owner,
                department=owner.department,
                customer=shop,
                started_at=START + timedelta(minutes=minute),
            )
            for minute in range(100)
            for owner in (cast.li, *crowd)
        ],
        batch_size=1000,
    )
    for visit in made[1::100]:
        visit.show_to([cast.li.pk])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE visits_visit, documents_share")
    indexes = {cast.li: "visit_of_owner", cast.han: "visit_of_department", cast.wang: "visit_of_company"}
    for employee, index in indexes.items():
        actor = cast.actor(employee)
        plan = plans_of(lambda actor=actor: hot.newest_visits(actor=actor, limit=21))
        assert index in plan, plan
        assert "Seq Scan on visits_visit" not in plan, plan
        assert "Bitmap" not in plan, plan  # which reads all there is and sorts it
        assert ("visit_of_company" in plan) == (employee == cast.wang), plan
