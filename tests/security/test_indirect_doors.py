"""What is hidden stays hidden through every other door: ids in bodies, repeated creates, searches, cursors, counts,
ETags, boxes, links, and the texts of refusals."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.directory.selectors import actor_for
from notifications.models import Message, Notification
from tests.mobile_api.test_access_matrix import MATRIX, OPERATIONS, call
from tests.security.test_every_operation import path_of, resolved, schema_of
from tests.support.client import Api, Caller, access_token
from tests.support.contract import DOCUMENT
from tests.support.delegations import delegated
from tests.support.expenses import draft
from tests.support.files import uploaded
from tests.support.stock import make_product, make_warehouse
from tests.support.tables import changed, contents
from tests.support.visits import checked_in
from tests.support.world import World, make_world

LISTS = {
    operation
    for operation, (method, path) in OPERATIONS.items()
    if any(parameter["name"] == "cursor" for parameter in DOCUMENT["paths"][path][method].get("parameters", ()))
}


@pytest.fixture
def world(cast, api, media_root) -> World:
    return make_world(cast, api)


def belongings(api: Api, person: Any) -> dict[str, str]:
    """One thing of each kind that is this person's alone."""
    caller = api(person)
    visit = checked_in(caller)
    customer = visit["customer"]["id"]
    product = make_product(Actor.system(person.company_id), f"T-{person.number}", "普洱茶")
    lines = [{"product_id": str(product.pk), "quantity": "1"}]
    return {
        "customer": customer,
        "visit": visit["id"],
        "plan": caller.post("/visit-plans", {"customer_id": customer, "planned_on": "2026-11-23"}).json()["id"],
        "order": caller.post("/orders", {"customer_id": customer, "lines": lines}).json()["id"],
        "request": str(draft(person).pk),
        "file": uploaded(caller, b"%PDF-1.7", name="x.pdf", type="application/pdf", purpose="other")["id"],
    }


@pytest.fixture
def foreign(cast, api, world) -> dict[str, str]:
    """Things of a colleague and of another company, by names that tell whose they are."""
    other = Actor.system(cast.acme.pk)
    found = {f"zhao's {name}": id for name, id in belongings(api, cast.zhao).items()}
    found |= {f"sun's {name}": id for name, id in belongings(api, cast.sun).items()}
    return found | {
        "sun": str(cast.sun.pk),
        "acme's department": str(cast.sun.department_id),
        "acme's role": str(cast.sun.roles.get().pk),
        "acme's product": str(make_product(other, "X-1", "甲茶").pk),
        "acme's warehouse": str(make_warehouse(other, "XW", "甲仓").pk),
        "nothing": str(uuid4()),
    }


def id_fields(schema: dict[str, Any], body: Any) -> Iterator[list[str | int]]:
    """Where the body holds, or may hold, the id of something else; `id` itself is the caller's own to choose."""
    for option in resolved(schema):
        for name, field in option.get("properties", {}).items():
            kinds = [field, *field.get("anyOf", ())]
            if name != "id" and any(kind.get("format") == "uuid" for kind in kinds):
                yield [name]
            if any(kind.get("items", {}).get("format") == "uuid" for kind in kinds):
                yield [name, 0]
            if isinstance(body, dict) and name in body:
                yield from ([name, *rest] for rest in id_fields(field, body[name]))
        if isinstance(body, list) and body:
            yield from ([0, *rest] for rest in id_fields(option.get("items", {}), body[0]))


def replaced(body: Any, where: list[str | int], value: str) -> Any:
    first, *rest = where
    if isinstance(body, list):
        return [replaced(body[0], rest, value) if rest else value, *body[1:]]
    held = body.get(first) if isinstance(body.get(first), dict | list) else []
    return body | {first: replaced(held, rest, value) if rest else value}


DRY = {"POST /notifications/read"}
"""Answers 200 and does nothing to what is not the caller's."""


def nothing_done(reply: Any) -> bool:
    """Of a command for many: one outcome for each, and none of them done."""
    items = reply.json().get("items", []) if reply.content else []
    return bool(items) and all(each.get("done") is False for each in items)


def test_no_body_reaches_what_is_not_the_callers(cast, api, world, foreign, tally):
    """Every id in every body, by the id of everything that is hidden from him or of another company."""
    before, wrong, cases = contents(), [], 0
    for operation, row in MATRIX.items():
        schema = schema_of(operation)
        if schema is None or row.body is None:
            continue
        body = row.body(world)
        for where in id_fields(schema, body):
            for whose, id in foreign.items():
                altered = replaced(body, where, id)
                told = type(row)(0, 0, row.path, row.query, lambda world, altered=altered: altered)
                reply = call(api(cast.li), operation, path_of(row, cast, world), told, world)
                cases += 1
                if reply.status_code < 400 and operation not in DRY and not nothing_done(reply):
                    wrong.append(f"{operation} took {whose} as {where}: {reply.status_code} {reply.content[:200]!r}")
                    before = contents()
                said = reply.content.decode()
                wrong += [
                    f"{operation} tells of {name} for {whose} as {where}"
                    for name, other in foreign.items()
                    if other != id and other in said
                ]
        after = contents()
        if touched := changed(before, after):
            wrong.append(f"{operation} changed {touched}")
        before = after
    tally("id in a body", cases)
    assert not wrong, "\n".join(wrong)
    assert cases > 200


CREATES = {
    "/customers": lambda mine: {"name": "新客户"},
    "/visits": lambda mine: {"customer_id": mine["customer"]},
    "/visit-plans": lambda mine: {"customer_id": mine["customer"], "planned_on": "2026-11-24"},
    "/orders": lambda mine: {
        "customer_id": mine["customer"],
        "lines": [{"product_id": mine["product"], "quantity": "1"}],
    },
    "/expense-requests": lambda mine: {
        "category_id": mine["category"],
        "purpose": "x",
        "amount": {"amount": "1.00", "currency": "CNY"},
    },
    "/files": lambda mine: {
        "name": "a.pdf",
        "size": 9,
        "type": "application/pdf",
        "sha256": "0" * 64,
        "purpose": "other",
    },
}
TAKEN = {
    "/customers": "customer",
    "/visits": "visit",
    "/visit-plans": "plan",
    "/orders": "order",
    "/expense-requests": "request",
    "/files": "file",
}


@pytest.mark.parametrize("who", ["zhao", "sun"])
def test_a_create_under_somebody_elses_id_tells_nothing(cast, api, world, who, tally):
    """409 and not a word of what the id stands for; whoever guesses 122 random bits learns that they are taken."""
    person = getattr(cast, who)
    mine = belongings(api, person)
    product = make_product(Actor.system(person.company_id), "MINE", "自有商品")
    mine |= {"product": str(product.pk), "category": str(draft(person).category_id)}
    before, wrong = contents(), []
    for path, body in CREATES.items():
        reply = api(person).post(path, body(mine) | {"id": str(getattr(world, TAKEN[path]))})
        told = {name: value for name, value in reply.json().items() if name not in {"instance", "request_id"}}
        expected = {"type", "title", "status", "code", "detail"}
        if (reply.status_code, told["code"]) != (409, "id_reused") or set(told) != expected:
            wrong.append(f"{path}: {reply.status_code} {told}")
    tally("create under an id that is taken", len(CREATES))
    assert not wrong, "\n".join(wrong)
    assert not changed(before, contents())


SEARCHES = [
    ("li", "/customers", {"q": "联华"}),
    ("li", "/customers", {"q": "lianhua"}),
    ("li", "/customers", {"q": "lhcs"}),
    ("li", "/customers", {"q": "{code}"}),
    ("li", "/customers", {"q": "4567"}),
    ("li", "/customers", {"status": "prospect"}),
    ("li", "/customers", {"in_pool": "false"}),
    ("li", "/customers/nearby", {"lat": "31.2304", "lng": "121.4737", "crs": "wgs84", "radius_m": "50000"}),
    ("han", "/visits", {"owner": "{li}"}),
    ("li", "/visits", {"customer": "{customer}"}),
    ("li", "/visits", {"status": "open"}),
    ("li", "/visits", {"from": "2020-01-01", "to": "2099-12-31"}),
    ("han", "/visit-plans", {"from": "2026-11-01", "to": "2026-11-30", "owner": "{li}"}),
    ("li", "/orders", {"customer": "{customer}"}),
    ("li", "/orders", {"q": "{order}"}),
    ("li", "/expense-requests", {"status": "in_approval"}),
    ("han", "/approvals", {"box": "todo"}),
    ("li", "/approvals", {"box": "submitted"}),
    ("han", "/notifications", {"unread": "true"}),
    ("li", "/delegations", {"box": "given"}),
    ("han", "/delegations", {"box": "received"}),
    ("qian", "/handovers", {}),
    ("li", "/auth/devices", {}),
]
"""Who does find something of Li's by it: what finds nothing for anybody proves nothing."""


def test_no_search_filter_or_box_finds_it(cast, api, world, work, tally):
    told = {"version": 1, "code": "KH77", "phone": "13900004567"}
    assert api(cast.li).patch(f"/customers/{world.customer}", told).status_code == 200
    number = api(cast.li).post(f"/orders/{world.order}/submit").json()["number"]
    work()
    named = {"li": cast.li.pk, "customer": world.customer, "code": "kh77", "order": number}
    wrong = []
    for finder, path, query in SEARCHES:
        asked = {name: text.format(**named) for name, text in query.items()}
        found = api(getattr(cast, finder)).get(path, **asked)
        assert found.status_code == 200, (path, query, found.content)
        assert found.json()["items"], f"{path} {query} finds nothing for {finder} either"
        for stranger in (cast.zhao, cast.sun):
            reply = api(stranger).get(path, **asked)
            if reply.status_code not in {200, 404}:
                wrong.append(f"{path} {query}: {reply.status_code} {reply.content[:300]!r}")
            elif reply.status_code == 200 and reply.json()["items"]:
                wrong.append(f"{path} {query} for {stranger}: {reply.content[:300]!r}")
    tally("search, filter or box", 2 * len(SEARCHES))
    assert not wrong, "\n".join(wrong)


def id_queries(operation: str) -> list[str]:
    """The parameters in which a read takes the id of something."""
    method, path = OPERATIONS[operation]
    if method != "get":
        return []
    given = DOCUMENT["paths"][path][method].get("parameters", ())
    kinds = {
        each["name"]: [each["schema"], *each["schema"].get("anyOf", ())] for each in given if each["in"] == "query"
    }
    return [name for name, schemas in kinds.items() if any(kind.get("format") == "uuid" for kind in schemas)]


def test_no_query_reaches_what_is_not_the_callers(cast, api, world, foreign, tally):
    """Every id that a list may be asked by, of everything hidden: nothing, or 404, and not a word of it."""
    wrong, cases = [], 0
    for operation, row in MATRIX.items():
        path = operation.split(" ", 1)[1].format(**path_of(row, cast, world))
        queries = id_queries(operation)
        closed = bool(queries) and api(cast.li).get(path, **row.query).status_code == 403  # whatever he asks for
        for name in queries:
            for whose, id in foreign.items():
                cases += 1
                reply = api(cast.li).get(path, **(row.query | {name: id}))
                found = reply.json().get("items") if reply.status_code == 200 else None
                # Li and Zhao share goods, and the tree above both; what is Zhao's or another company's he is not shown.
                if reply.status_code not in ({403} if closed else {200, 404, 422}) or found:
                    wrong.append(f"{operation} {name} of {whose}: {reply.status_code} {reply.content[:200]!r}")
                said = reply.content.decode()
                wrong += [
                    f"{operation} tells of {each}" for each, other in foreign.items() if other != id and other in said
                ]
    tally("id in a query", cases)
    assert not wrong, "\n".join(wrong)
    assert cases > 50


@pytest.mark.parametrize("query", ["q=tgy", "q=铁观音", "q=T1", "barcode=6901234567892", "product={product}"])
def test_no_goods_of_another_company_are_found(cast, api, world, query):
    name, _, value = query.partition("=")
    product = make_product(Actor.system(cast.company.pk), "T1", "铁观音", barcodes=["6901234567892"])
    for path in ("/stock", "/products"):
        asked = {name: value.format(product=product.pk)}
        if path == "/products" and name != "q":
            continue
        assert "铁观音" in api(cast.li).get(path, **asked).content.decode()
        assert "铁观音" not in api(cast.sun).get(path, **asked).content.decode()


def test_a_cursor_of_somebody_else_leads_only_to_ones_own(cast, api, world, tally):
    li = api(cast.li)
    checked_in_again = li.post("/customers", {"name": "第二家"})
    assert checked_in_again.status_code == 201
    li.post("/orders", {"customer_id": world.customer, "lines": [{"product_id": str(world.product), "quantity": "1"}]})
    tried = 0
    for operation in sorted(LISTS):
        row = MATRIX[operation]
        path = operation.split(" ", 1)[1].format(**path_of(row, cast, world))
        cursor = li.get(path, **row.query, limit=1).json().get("next_cursor")
        if cursor is None or row.zhao != 200:
            continue
        tried += 1
        for stranger in (cast.zhao, cast.sun):
            said = api(stranger).get(path, **row.query, cursor=cursor).content.decode()
            assert not [secret for secret in world.secrets if secret in said], operation
    tally("cursor of somebody else", 2 * tried)
    assert tried >= 3


def test_counts_of_others_stay_as_they_are(cast, api, media_root, work, tally):
    asked = ("/me", "/me/today", "/notifications", "/approvals?box=todo")
    before = {who: [api(getattr(cast, who)).get(path).content for path in asked] for who in ("zhao", "sun")}
    world = make_world(cast, api)
    api(cast.li).post(f"/orders/{world.order}/submit")
    work()
    for who, seen in before.items():
        assert [api(getattr(cast, who)).get(path).content for path in asked] == seen
    tally("count or badge", len(before) * len(asked))


def test_an_etag_of_a_hidden_thing_proves_nothing(cast, api, world, tally):
    """304 to whoever may not see it would tell that it exists and has not changed."""
    tried = 0
    for operation, row in MATRIX.items():
        if not operation.startswith("GET") or row.zhao != 404 or not row.path:
            continue
        path = operation.split(" ", 1)[1].format(**path_of(row, cast, world))
        etag = api(cast.li).get(path, **row.query).headers.get("ETag")
        if etag is None:
            continue
        tried += 1
        for stranger in (cast.zhao, cast.sun):
            caller = Caller(access_token(stranger))
            caller.headers["If-None-Match"] = f'{etag}, "*"'
            assert caller.get(path, **row.query).status_code == 404, operation
    tally("ETag of a hidden thing", 2 * tried)
    assert tried >= 4


def test_a_refusal_names_nothing_hidden(cast, api, world):
    taken = Customer.objects.get(pk=world.customer)
    reply = api(cast.zhao).post("/customers", {"code": taken.code, "name": "别家"})
    assert (reply.status_code, reply.json()["code"]) == (409, "code_taken")
    said = reply.content.decode()
    assert not [word for word in (taken.name, str(taken.pk), str(cast.li.pk), cast.li.name) if word in said]
    assert api(cast.sun).post("/customers", {"code": taken.code, "name": "别家"}).status_code == 201


def test_hidden_and_absent_are_told_alike(cast, api, world, tally):
    """Down to the last byte but for the address and the request's id."""
    wrong = []
    for operation, row in MATRIX.items():
        if row.zhao != 404 or not row.path:
            continue
        told = []
        for path in (path_of(row, cast, world), {name: str(uuid4()) for name in row.path}):
            reply = call(api(cast.zhao), operation, path, row, world)
            body = {name: value for name, value in reply.json().items() if name not in {"instance", "request_id"}}
            told.append((reply.status_code, body, sorted(reply.headers)))
        if told[0] != told[1]:
            wrong.append(f"{operation}: {told}")
    tally("hidden or absent", 2 * sum(1 for row in MATRIX.values() if row.zhao == 404 and row.path))
    assert not wrong, "\n".join(wrong)


def test_whoever_is_told_of_something_may_see_it(cast, api, world, work, tally):
    """Notifications, and the messages and cards that carry them to phones: each recipient sees the subject himself."""
    api(cast.li).post(f"/orders/{world.order}/submit")
    api(cast.han).post(f"/visits/{world.visit}/comments", {"text": "不错"})
    work()
    told = list(Notification.objects.select_related("recipient", "event"))
    about_li = {str(each) for each in vars(world).values()}
    kinds = {each.kind for each in told}
    assert kinds >= {"approval.requested", "visit.commented", "order.submitted", "handover.made", "delegation.given"}
    for each in told:
        assert each.recipient.company_id == each.company_id
        assert (
            apps.get_model(each.subject_type).objects.visible_to(actor_for(each.recipient)).filter(pk=each.subject_id)
        )
        if str(each.subject_id) in about_li:
            assert each.recipient in {cast.li, cast.han, cast.wang, cast.qian}, each.kind
    assert {message.notification_id for message in Message.objects.all()} <= {each.pk for each in told}
    for stranger in (cast.zhao, cast.sun):
        said = api(stranger).get("/notifications", limit=100).content.decode()
        assert not [secret for secret in world.secrets if secret in said]
    tally("notification, message or card", len(told))


def test_standing_in_opens_what_was_given_and_nothing_beside(cast, api, world, tally):
    """A delegate decides about expense requests in Han's name: he sees those, and none of Li's other things."""
    delegated(cast.han, cast.zhao, document_types=["expenses.expenserequest"])
    zhao = api(cast.zhao)
    assert zhao.get(f"/approvals/{world.approval}").status_code == 200
    wrong, tried = [], 0
    for operation, row in MATRIX.items():
        if row.zhao != 404 or not row.path or "approval_id" in row.path:
            continue
        tried += 1
        reply = call(zhao, operation, path_of(row, cast, world), row, world)
        if reply.status_code != 404:
            wrong.append(f"{operation}: {reply.status_code} {reply.content[:200]!r}")
    tally("by a delegation for something else", tried)
    assert not wrong, "\n".join(wrong)
