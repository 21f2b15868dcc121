"""What answers add up to agrees with the rows to the last one, for everybody and whatever the data."""

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.services import put_customer
from backend.documents.once import fingerprint
from backend.visits import progress
from backend.visits.answering import value_of
from backend.visits.models import ActionAnswer, TemplateVersion, Visit, VisitPhoto
from backend.visits.services.templates import create_template, publish_version
from mobile_api.schemas.visit_templates import TemplateFiguresOut
from tests.notifications.subjects import file_of
from tests.support.contract import reads_as
from tests.support.stock import make_goods
from tests.support.visit_templates import SHELF, action, form, only_if, photos
from tests.support.visits import refused

pytestmark = pytest.mark.django_db
CHECKED = {**SHELF["properties"], "seen": {"type": "array", "items": {"type": "string", "enum": ["甲", "乙", "丙"]}}}
OLD = [photos("front", minimum=2), form("shelf"), action("pay", "payment", required=False)]
NEW = [
    photos("front"),
    form("shelf", SHELF | {"properties": CHECKED | {"free": {"type": "string"}, "temp": {"type": "number"}}}),
    action("count", "stock"),
    action("rival", "competitor", **only_if("shelf", "rival", True)),
    action("pay", "payment", required=False),
]
NOW = clock.now()
DAYS = {"from": str((NOW - timedelta(days=20)).date()), "to": str((NOW + timedelta(days=1)).date())}


def answers_of(chance, goods):
    rival = chance.random() < 0.5
    money = {"amount": Decimal(chance.randrange(100, 900)) / 100, "currency": chance.choice(["CNY", "USD"])}
    return {
        "shelf": {
            "facings": chance.randrange(50),
            "display": chance.choice(["好", "一般", "差"]),
            "rival": rival,
            "brand": "某牌",
        },
        "count": {
            "lines": [
                {
                    "product_id": product.pk,
                    "quantity": Decimal(0) if (out := chance.random() < 0.3) else Decimal(chance.randrange(1, 99)) / 2,
                    "out_of_stock": out,
                    "facings": chance.choice([None, 1, 4]),
                    "price": None,
                }
                for product in chance.sample([goods.tea, goods.juice], chance.randrange(1, 3))
            ]
        },
        "rival": {
            "items": [
                {
                    "brand": chance.choice(["红牌", "绿牌"]),
                    "product": "",
                    "price": chance.choice([None, money]),
                    "note": "",
                    "file_ids": [],
                }
            ]
        },
        "pay": {"amount": money, "promised_on": (NOW + timedelta(days=9)).date(), "note": ""},
    }


@pytest.fixture(params=[1, 2])
def template(request, cast):
    """Eighty visits of everybody, in all states, following two versions; and one of another template."""
    chance, goods, system = random.Random(request.param), make_goods(cast.company), Actor.system(cast.company.pk)
    made, _ = create_template(actor=system, name="门店", actions=OLD, at=NOW)
    publish_version(actor=system, template_id=made.pk, version=1, actions=NEW, at=NOW)
    other, _ = create_template(actor=system, name="别的", customer_level="Z", actions=OLD, at=NOW)
    versions = list(TemplateVersion.objects.filter(template=made))
    shops = [put_customer(actor=system, code=level, name=level, level=level, at=NOW) for level in "AB"]
    for number in range(80):
        owner = chance.choice([cast.li, cast.han, cast.zhao, cast.wang])
        begun = NOW - timedelta(days=chance.randrange(30))
        visit = Visit.objects.create(
            company=cast.company,
            owner=owner,
            department=owner.department,
            customer=chance.choice(shops),
            started_at=begun,
            checked_in_at=begun,
            checked_out_at=begun,
            closed_by=chance.choice(["owner", "system"]),
            status="completed",
            verdict="verified",
            template_version=chance.choice(versions) if number else other.versions.get(),
        )
        for _ in range(chance.randrange(4)):
            file = file_of(owner)
            if chance.random() < 0.3:
                file.change(status="refused", reason="image_damaged")
            if chance.random() < 0.2:
                file.change(content_type="audio/amr")
            VisitPhoto.objects.create(
                company=cast.company,
                visit=visit,
                attachment=file,
                tag=chance.choice(["front", ""]),
                created_at=NOW,
                is_late=number % 5 == 0,
            )
        asked = {one["key"]: one for one in visit.template_version.actions}
        for key, sent in answers_of(chance, goods).items():
            if key in asked and chance.random() < 0.7:
                if key == "shelf" and "temp" in asked[key]["form_schema"]["properties"]:
                    sent |= {
                        "temp": chance.random() * 9,
                        "free": str(chance.random()),
                        "seen": chance.choices("甲乙丙", k=2),
                    }
                ActionAnswer.objects.create(
                    company=cast.company,
                    visit=visit,
                    key=key,
                    kind=asked[key]["kind"],
                    value=value_of(visit, asked[key], sent),
                    answered_from=fingerprint(sent),
                    is_late=chance.random() < 0.2,
                    answered_at=NOW,
                )
        progress.keep_in_step(visit)
        visit.change(missing_actions=visit.missing_actions)
    return made


def plainly(visits):
    """The same, row by row."""
    figures = defaultdict(Counter)
    numbers, values, brands = defaultdict(list), defaultdict(Counter), defaultdict(list)
    lines, promised = defaultdict(list), defaultdict(list)
    for visit in visits:
        there = progress.of(visit)
        figures["visits"]["all"] += 1
        figures["visits"]["incomplete"] += bool(there.missing)
        figures["missing"].update(there.missing)
        figures["photos"]["front"] += there.photos.get("front", 0)
        figures["answered"]["front"] += there.photos.get("front", 0) > 0
        figures["late"]["front"] += "front" in there.late
        for row in ActionAnswer.objects.filter(visit=visit):
            if there.states[row.key] != "done":
                continue
            figures["answered"][row.key] += 1
            figures["late"][row.key] += row.is_late
            for name, value in row.value.items() if row.kind == "form" else ():
                if name in ("facings", "temp"):
                    numbers[name].append(value)
                if name in ("display", "rival"):
                    values[name][{True: "true", False: "false"}.get(value, value)] += 1
                if name == "seen":
                    values[name].update(value)
            for line in row.value["lines"] if row.kind == "stock" else ():
                lines[line["product_id"]].append(line)
            for item in row.value["items"] if row.kind == "competitor" else ():
                price = item["price"]
                brands[item["brand"], price and price["currency"]].append(price and Decimal(price["amount"]))
            if row.kind == "payment":
                promised[row.value["amount"]["currency"]].append(Decimal(row.value["amount"]["amount"]))
    return figures, numbers, values, lines, brands, promised


def read(caller, template, **query):
    return reads_as(TemplateFiguresOut, caller.get(f"/visit-templates/{template.pk}/statistics", **DAYS, **query))


def agree(shown, visits):
    figures, numbers, values, lines, brands, promised = plainly(visits)
    by_key = {one.key: one for one in shown.actions}
    assert list(by_key) == ["front", "shelf", "pay", "count", "rival"]
    assert (shown.visits, shown.completed, shown.incomplete) == (
        figures["visits"]["all"],
        figures["visits"]["all"],
        figures["visits"]["incomplete"],
    )
    for name in ("answered", "missing", "late"):
        assert {key: getattr(one, name) for key, one in by_key.items()} == {key: figures[name][key] for key in by_key}
    assert by_key["front"].photos == figures["photos"]["front"]
    fields = {one.name: one for one in by_key["shelf"].fields}
    assert {name for name, one in fields.items() if one.kind == "number"} == {"facings", "temp"}
    for name in ("facings", "temp"):
        found = numbers[name]
        assert fields[name].count == len(found)
        if found:
            told = fields[name].minimum, fields[name].maximum, fields[name].average, fields[name].total
            assert told == pytest.approx((min(found), max(found), sum(found) / len(found), sum(found)))
    for name in ("display", "rival", "seen"):
        assert {one.value: one.count for one in fields[name].values} == values[name]
    assert {
        str(one.product_id): (one.count, one.out_of_stock, one.average_quantity) for one in by_key["count"].products
    } == {
        key: (
            len(rows),
            sum(row["out_of_stock"] for row in rows),
            pytest.approx(sum(float(row["quantity"]) for row in rows) / len(rows)),
        )
        for key, rows in lines.items()
    }
    assert {(one.brand, one.currency): (one.count, one.lowest, one.highest) for one in by_key["rival"].brands} == {
        key: (len(prices), key[1] and min(prices), key[1] and max(prices)) for key, prices in brands.items()
    }
    assert {one.total.currency: (one.count, one.total.amount) for one in by_key["pay"].promised} == {
        currency: (len(amounts), sum(amounts)) for currency, amounts in promised.items()
    }


def test_they_agree_with_the_rows_in_everybodys_scope(api, cast, template, django_assert_max_num_queries):
    since = clock.start_of(date.fromisoformat(DAYS["from"]), cast.company.timezone)
    sizes = {}
    for name in ("li", "han", "wang", "zhao"):
        person = cast.everybody[name]
        rows = Visit.objects.visible_to(cast.actor(person)).filter(template_version__template=template)
        seen = list(rows.filter(started_at__gte=since))
        api(person).get("/me")  # the token is verified once
        with django_assert_max_num_queries(14):
            shown = read(api(person), template)
        agree(shown, seen)
        sizes[name] = len(seen)
        if name == "wang":
            below_east = {cast.east.pk, cast.shanghai.pk}
            for query, chosen in (
                ({"owner": str(cast.li.pk)}, [visit for visit in seen if visit.owner_id == cast.li.pk]),
                ({"department": str(cast.north.pk)}, [visit for visit in seen if visit.department_id == cast.north.pk]),
                ({"department": str(cast.east.pk)}, [visit for visit in seen if visit.department_id in below_east]),
                ({"level": "A"}, [visit for visit in seen if visit.customer.level == "A"]),
            ):
                agree(read(api(person), template, **query), chosen)
                assert 0 < len(chosen) < len(seen)
    assert sizes["wang"] > sizes["han"] > sizes["li"] > 0
    stranger = api(cast.sun).get(f"/visit-templates/{template.pk}/statistics", **DAYS)
    assert refused(stranger, 404, "not_found")
    long = {"from": "2025-01-01", "to": "2026-06-01"}
    assert refused(api(cast.li).get(f"/visit-templates/{template.pk}/statistics", **long), 422, "period_too_long")
