"""The hand-written list returns exactly what the plain query does, for everybody and whatever is asked."""

import random
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.core.actor import Actor, Scope
from backend.core.search import normalised
from backend.customers import rules
from backend.customers.models import Customer
from backend.customers.selectors import listing
from backend.customers.selectors.listing import Sort, Wanted, page_of_customers, position_of
from backend.directory.selectors import subtree_of
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
NAMES = ("联华超市", "华联商厦", "上海联华", "乌龙茶行", "茶联 100% 'x'", "Aniseed\\Tea")


def actors(cast: Cast) -> dict[str, Actor]:
    known = {name: cast.actor(employee) for name, employee in cast.everybody.items()}
    return known | {
        "system": Actor.system(cast.company.pk),
        "han, own department only": replace(known["han"], scopes={"customer": Scope.DEPARTMENT}),
        "li, without telephones": replace(known["li"], fields=frozenset()),
    }


@pytest.fixture
def customers(cast) -> list[Customer]:
    """Of equal names, in the pool, in the bin, shown to others, with owners outside their departments."""
    chance = random.Random(1)
    people = list(cast.everybody.values())
    departments = [cast.east, cast.shanghai, cast.north, cast.wang.department]
    rows = []
    for n, owner in enumerate(chance.choices(people, k=150)):
        keys = {"name": chance.choice(NAMES), "code": f"K{n:03d}", "phone": f"021-{n:04d} 88"}
        rows.append(
            Customer(
                company=owner.company,
                owner=None if chance.random() < 0.2 else owner,
                department=owner.department if owner == cast.sun else chance.choice(departments),
                status=chance.choice(Customer.Status.values),
                level=chance.choice("AB"),
                type=chance.choice(["", "零售"]),
                tags=chance.choice([[], ["重点"], ["重点", "100%'"]]),
                lat=31 + n / 1000,
                lng=121 + n / 1000,
                deleted_at=AT if chance.random() < 0.1 else None,
                **keys,
                **asdict(rules.search_keys(**keys, contacts=[("王经理", "1390000")] if n % 5 == 0 else [])),
            )
        )
    made = Customer.objects.bulk_create(rows)
    for customer in chance.sample(made, 30):
        customer.show_to([person.pk for person in chance.sample(people, 2)])
    return made


def wants(cast: Cast) -> list[Wanted]:
    typed = (
        "联华",
        "茶",
        "lhcs",
        "LIANHUA",
        "k01",
        "021-0",
        "88",
        "100% 'X",
        "aniseed\\t",
        "王经理",
        "wjl",
        "1390",
        "无",
    )
    return [
        Wanted(),
        *(Wanted(q=q) for q in typed),
        Wanted(q="联华", in_pool=False, sort=Sort.NAME),
        Wanted(status="active", level="A", sort=Sort.NAME),
        Wanted(tag="100%'", type="零售"),
        Wanted(in_pool=True, department_id=cast.east.pk),
        Wanted(in_pool=False),
        Wanted(owner_id=cast.zhao.pk, q="华"),
        Wanted(owner_id=cast.li.pk, department_id=cast.east.pk),
        Wanted(department_id=cast.east.pk, q="联"),
        Wanted(department_id=cast.sun.department_id),
        Wanted(within=rules.Box(31.02, 31.09, 121.0, 121.08)),
    ]


def plainly(actor: Actor, wanted: Wanted) -> list[Customer]:
    rows: Any = Customer.objects.visible_to(actor)
    given = {"status": wanted.status, "level": wanted.level, "type": wanted.type, "owner_id": wanted.owner_id}
    rows = rows.filter(**{name: value for name, value in given.items() if value is not None})
    if wanted.department_id:
        rows = rows.filter(department_id__in=subtree_of(wanted.department_id))
    if wanted.in_pool is not None:
        rows = rows.filter(owner__isnull=wanted.in_pool)
    if box := wanted.within:
        rows = rows.filter(lat__range=(box.south, box.north), lng__range=(box.west, box.east))
    found = [row for row in rows if wanted.tag is None or wanted.tag in row.tags]
    if wanted.q:
        seen = slice(None) if actor.sees("customer_contact") else slice(1)
        key = normalised(wanted.q)
        found = [row for row in found if any(key in part for part in row.search_text.split(rules.PRIVATE)[seen])]
    if wanted.sort is Sort.NAME:
        return sorted(found, key=lambda row: (row.pinyin, row.pk))
    return sorted(found, key=lambda row: (row.created_at, row.pk), reverse=True)


def paged(actor: Actor, wanted: Wanted, limit: int) -> list[Customer]:
    seen: list[Customer] = []
    after = None
    while rows := page_of_customers(actor=actor, wanted=wanted, limit=limit, after=after):
        assert len(rows) <= limit
        seen += rows
        after = position_of(rows[-1], wanted.sort)
    return seen


@pytest.mark.parametrize("walk", [listing.WALK, 10], ids="walk{}".format)
def test_the_list_equals_the_plain_query_page_by_page(cast, customers, walk, monkeypatch):
    """Also where the page must be filled from the index."""
    monkeypatch.setattr(listing, "WALK", walk)
    something = 0
    for who, actor in actors(cast).items():
        for wanted in wants(cast):
            plain = plainly(actor, wanted)
            something += bool(plain)
            assert page_of_customers(actor=actor, wanted=wanted, limit=200) == plain, (who, wanted)
            assert paged(actor, wanted, 7) == plain, (who, wanted)
    assert something > 100


def test_who_may_not_see_telephones_does_not_find_by_them(cast, customers):
    blind = actors(cast)["li, without telephones"]

    assert page_of_customers(actor=cast.actor(cast.li), wanted=Wanted(q="1390000"), limit=1)
    assert not page_of_customers(actor=blind, wanted=Wanted(q="1390000"), limit=1)
