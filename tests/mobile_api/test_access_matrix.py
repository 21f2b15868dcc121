"""Who may do what, for every operation of the contract; a new operation without a row here fails.

Each operation is called as nobody, as Zhao Qiang (a rep of another region) and as Sun Li (another company), on things
that belong to Li Lei. What is hidden answers 404, nothing changes, and no answer holds an id of Li's things.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from mobile_api.api import api as contract
from tests.support.client import Caller, access_token
from tests.support.tables import changed, contents
from tests.support.visits import check_in_body, sample
from tests.support.world import World, make_world

OK, MADE, NOTHING, HIDDEN, FORBIDDEN, CONFLICT, REFUSED = 200, 201, 204, 404, 403, 409, 422
PUBLIC = {
    "POST /auth/password": "is the door itself",
    "GET /auth/doors": "is the way to the doors",
    "POST /auth/wechat": "the code is the proof",
    "POST /auth/wechat/phone": "ticket and code are the proof",
    "GET /auth/wecom/authorize-url": "is the way to the door",
    "POST /auth/wecom": "the code is the proof",
    "POST /auth/device-approval": "the ticket is the proof",
    "GET /auth/jwks": "public keys are public",
    "POST /auth/refresh": "the refresh token is the proof",
    "POST /webhooks/erp/{connector}": "the signature over the body is the proof",
    "GET /callbacks/wecom/{app}": "the seal of the echo is the proof",
    "POST /callbacks/wecom/{app}": "the seal of the message is the proof",
    "GET /callbacks/wechat/{app}": "the signature in the address is the proof",
    "POST /callbacks/wechat/{app}": "the seal of the message is the proof",
    "PUT /files/{file_id}/content": "the signature in the address is the proof",
    "GET /files/{file_id}/content": "the signature in the address is the proof",
}


@dataclass(frozen=True)
class Row:
    zhao: int
    sun: int
    path: dict[str, str] = field(default_factory=dict)
    """Parameter of the path → field of the world."""
    query: dict[str, str] = field(default_factory=dict)
    body: Callable[[World], Any] | None = None


def own() -> Row:
    """Everybody's own things: both get an answer, and it holds nothing of Li's."""
    return Row(OK, OK)


def of_li(name: str, what: str, body: Callable[[World], Any] | None = None, **query: str) -> Row:
    """A thing of Li's: hidden from both."""
    return Row(HIDDEN, HIDDEN, {name: what}, query, body)


def part_of_li(name: str, body: Callable[[World], Any] | None = None) -> Row:
    """Something of Li's customer, which is hidden as he is."""
    return Row(HIDDEN, HIDDEN, {"customer_id": "customer", name: "customer"}, body=body)


def about(body: Callable[[World], Any]) -> Row:
    """Something new about a thing of Li's: he is hidden, so it cannot be made."""
    return Row(HIDDEN, HIDDEN, body=body)


NEXT_YEAR = {"from": "2026-11-01", "to": "2026-11-30"}
NOTE = {"key": "note", "kind": "note", "title": {"zh": "备注"}}
NOBODY = "01a20370-e3c1-7056-bf12-f82c78d301ef"
IMPORT, SEEN = {"import_id": "request"}, {"preview": "0" * 64}
NEARBY = {"lat": "31.2304", "lng": "121.4737", "crs": "wgs84"}


def basket(world: World) -> list[dict[str, str]]:
    return [{"product_id": str(world.product), "quantity": "1"}]


def batch(world: World) -> dict[str, Any]:
    return {"items": [{"owner_id": NOBODY, "customer_id": str(world.customer), "planned_on": "2026-11-24"}]}


def standing_in(world: World) -> dict[str, str]:
    days = {"first_on": "2099-01-01", "last_on": "2099-01-02"}
    return {"absent_id": str(world.customer), "substitute_id": str(world.request), **days}


def plan(world: World) -> dict[str, str]:
    return {"leaver_id": str(world.customer), "successor_id": str(world.request)}


MATRIX: dict[str, Row] = {
    "POST /auth/password/change": Row(
        FORBIDDEN, FORBIDDEN, body=lambda w: {"old_password": "x", "new_password": "a-new-long-phrase"}
    ),
    "POST /auth/logout": Row(NOTHING, NOTHING),
    "GET /auth/sessions": own(),
    "DELETE /auth/sessions/{session_id}": of_li("session_id", "session"),
    "GET /auth/login-log": own(),
    "GET /auth/devices": own(),
    "POST /auth/devices/{device_id}/approve": of_li("device_id", "device"),
    "DELETE /auth/devices/{device_id}": of_li("device_id", "device"),
    "GET /auth/bindings": own(),
    # Theirs are tried in test_bindings.py; here a forged ticket and a provider that is none.
    "POST /auth/bind": Row(REFUSED, REFUSED, body=lambda w: {"ticket": "forged" * 10}),
    "DELETE /auth/bindings/{provider}": Row(REFUSED, REFUSED, {"provider": "session"}),
    "GET /me": own(),
    "GET /me/today": own(),
    "PATCH /me": Row(OK, OK, body=lambda w: {"version": 1, "language": "en"}),
    "GET /departments": own(),
    "POST /departments": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"code": "x", "name": "X"}),
    "GET /departments/{department_id}": Row(OK, HIDDEN, {"department_id": "department"}),
    "PATCH /departments/{department_id}": Row(
        FORBIDDEN, FORBIDDEN, {"department_id": "department"}, body=lambda w: {"version": 1, "name": "X"}
    ),
    "POST /departments/{department_id}/dissolve": Row(FORBIDDEN, FORBIDDEN, {"department_id": "department"}),
    "GET /employees": own(),
    "POST /employees": Row(
        FORBIDDEN,
        FORBIDDEN,
        body=lambda w: {"number": "9", "name": "X", "department_id": "01a20370-e3c1-7056-bf12-f82c78d301ef"},
    ),
    "GET /employees/{employee_id}": Row(OK, HIDDEN, {"employee_id": "li"}),
    "GET /wecom/js-sdk-signature": Row(
        HIDDEN, HIDDEN, query={"app": str(UUID(int=7)), "url": "http://127.0.0.1:8000/"}
    ),
    "PATCH /employees/{employee_id}": Row(
        FORBIDDEN, FORBIDDEN, {"employee_id": "li"}, body=lambda w: {"version": 1, "name": "X"}
    ),
    "POST /employees/{employee_id}/dismiss": Row(FORBIDDEN, FORBIDDEN, {"employee_id": "li"}),
    "POST /employees/{employee_id}/rehire": Row(FORBIDDEN, FORBIDDEN, {"employee_id": "li"}),
    "PUT /employees/{employee_id}/roles": Row(
        FORBIDDEN, FORBIDDEN, {"employee_id": "li"}, body=lambda w: {"roles": ["administrator"]}
    ),
    "POST /directory/imports": Row(FORBIDDEN, FORBIDDEN),
    "GET /directory/imports/{import_id}": Row(FORBIDDEN, FORBIDDEN, IMPORT),
    "GET /directory/imports/{import_id}/rows": Row(FORBIDDEN, FORBIDDEN, IMPORT),
    "POST /directory/imports/{import_id}/apply": Row(FORBIDDEN, FORBIDDEN, IMPORT, body=lambda w: SEEN),
    "GET /directory/exports/people.xlsx": Row(FORBIDDEN, FORBIDDEN),
    "GET /directory/exports/template.xlsx": Row(FORBIDDEN, FORBIDDEN),
    "GET /roles": Row(FORBIDDEN, FORBIDDEN),
    "PUT /roles/{code}": Row(
        FORBIDDEN,
        FORBIDDEN,
        {"code": "role"},
        body=lambda w: {"version": 1, "name": "X", "capabilities": [], "scopes": {}, "fields_seen": []},
    ),
    "DELETE /roles/{code}": Row(FORBIDDEN, FORBIDDEN, {"code": "role"}),
    "GET /audit": Row(FORBIDDEN, FORBIDDEN),
    "GET /audit/{event_id}": Row(FORBIDDEN, FORBIDDEN, {"event_id": "event"}),
    "GET /features": Row(FORBIDDEN, FORBIDDEN),
    "PATCH /features": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"features": {"orders": False}}),
    "GET /delegations": Row(OK, OK, query={"box": "given"}),
    "POST /delegations": about(
        lambda w: {"delegate_id": str(w.delegation), "from_on": "2026-11-01", "to_on": "2099-01-01"}
    ),
    "POST /delegations/{delegation_id}/end": of_li("delegation_id", "delegation"),
    # Who may arrange nothing learns nothing of whether these people exist; test_handovers.py tries who may.
    "POST /handovers/preview": Row(FORBIDDEN, FORBIDDEN, body=lambda w: plan(w)),
    "POST /handovers": Row(FORBIDDEN, FORBIDDEN, body=lambda w: plan(w)),
    "GET /handovers": own(),
    "GET /handovers/{handover_id}": of_li("handover_id", "handover"),
    "GET /handovers/{handover_id}/items": of_li("handover_id", "handover"),
    "POST /handovers/{handover_id}/undo": Row(FORBIDDEN, FORBIDDEN, {"handover_id": "handover"}),
    # Outcomes repeat the ids that were sent; test_many_customers.py tries those of hidden customers.
    "POST /customers/assign": Row(OK, OK, body=lambda w: {"customer_ids": [NOBODY], "owner_id": NOBODY}),
    "POST /customers/share": Row(OK, OK, body=lambda w: {"customer_ids": [NOBODY], "employee_ids": []}),
    "POST /customers/release": Row(OK, OK, body=lambda w: {"customer_ids": [NOBODY]}),
    "POST /customers/tags": Row(OK, OK, body=lambda w: {"customer_ids": [NOBODY], "add": ["抢来"]}),
    "GET /dictionaries/{kind}": Row(HIDDEN, HIDDEN, {"kind": "customer"}),
    "POST /customers/imports": Row(FORBIDDEN, FORBIDDEN),
    "GET /customers/imports": Row(FORBIDDEN, FORBIDDEN),
    "GET /customers/imports/template.xlsx": Row(FORBIDDEN, FORBIDDEN),
    "GET /customers/imports/{import_id}": Row(FORBIDDEN, FORBIDDEN, IMPORT),
    "GET /customers/imports/{import_id}/rows": Row(FORBIDDEN, FORBIDDEN, IMPORT),
    "POST /customers/imports/{import_id}/preview": Row(FORBIDDEN, FORBIDDEN, IMPORT, body=lambda w: {"alike": "skip"}),
    "POST /customers/imports/{import_id}/apply": Row(FORBIDDEN, FORBIDDEN, IMPORT, body=lambda w: SEEN),
    "POST /customers/imports/{import_id}/left-rows": Row(FORBIDDEN, FORBIDDEN, IMPORT, body=lambda w: {}),
    "POST /customers/exports": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"filters": {}}),
    "GET /exports": own(),
    "GET /exports/{export_id}": of_li("export_id", "export"),
    "GET /customers": own(),
    "POST /customers": Row(MADE, MADE, body=lambda w: {"name": "新客户"}),
    "GET /customers/nearby": Row(OK, OK, query=NEARBY),
    "POST /customers/check-duplicates": Row(OK, OK, body=lambda w: {"name": "联华超市"}),
    "POST /customers/merge": about(lambda w: {"kept_id": w.customer, "merged_id": str(w.request)}),
    "GET /customers/recycled": own(),
    "GET /customers/fields": own(),
    "POST /customers/{customer_id}/restore": of_li("customer_id", "customer"),
    "POST /customers/{customer_id}/assign": of_li(
        "customer_id", "customer", lambda w: {"owner_id": str(w.request), "version": 1}
    ),
    "POST /customers/{customer_id}/share": of_li("customer_id", "customer", lambda w: {"employee_ids": []}),
    "GET /customers/{customer_id}/co-owners": of_li("customer_id", "customer"),
    "GET /customers/{customer_id}/overview": of_li("customer_id", "customer"),
    "GET /customers/{customer_id}/timeline": of_li("customer_id", "customer"),
    "GET /customers/{customer_id}/places": of_li("customer_id", "customer"),
    "POST /customers/{customer_id}/places": of_li(
        "customer_id", "customer", lambda w: {"name": "分店", "place": {"lat": 31.2, "lng": 121.4, "crs": "wgs84"}}
    ),
    "PATCH /customers/{customer_id}/places/{place_id}": part_of_li("place_id", lambda w: {"name": "新"}),
    "DELETE /customers/{customer_id}/places/{place_id}": part_of_li("place_id"),
    "PATCH /customers/{customer_id}/contacts/{contact_id}": part_of_li("contact_id", lambda w: {"name": "新"}),
    "DELETE /customers/{customer_id}/contacts/{contact_id}": part_of_li("contact_id"),
    "GET /customers/{customer_id}": of_li("customer_id", "customer"),
    "PATCH /customers/{customer_id}": of_li("customer_id", "customer", lambda w: {"version": 1, "name": "抢来"}),
    "DELETE /customers/{customer_id}": of_li("customer_id", "customer"),
    "POST /customers/{customer_id}/claim": of_li("customer_id", "customer"),
    "POST /customers/{customer_id}/release": of_li("customer_id", "customer"),
    "GET /customers/{customer_id}/contacts": of_li("customer_id", "customer"),
    "POST /customers/{customer_id}/contacts": of_li("customer_id", "customer", lambda w: {"name": "老王"}),
    "GET /visit-plans": Row(OK, OK, query=NEXT_YEAR),
    "POST /visit-plans": about(lambda w: {"customer_id": w.customer, "planned_on": "2026-11-24"}),
    "POST /visit-plans/batch": Row(FORBIDDEN, FORBIDDEN, body=batch),
    "GET /visit-plans/calendar": Row(OK, OK, query=NEXT_YEAR),
    "GET /visit-plans/route": Row(OK, OK, query={"day": "2026-11-23"}),
    "GET /visit-plans/{plan_id}": of_li("plan_id", "plan"),
    "PATCH /visit-plans/{plan_id}": of_li("plan_id", "plan", lambda w: {"version": 1, "purpose": "抢来"}),
    "POST /visit-plans/{plan_id}/cancel": of_li("plan_id", "plan", lambda w: {}),
    "GET /visit-series": own(),
    "POST /visit-series": about(
        lambda w: {"customer_id": w.customer, "kind": "every_n_days", "first_on": "2026-11-24"}
    ),
    "POST /visit-series/{series_id}/end": of_li("series_id", "series"),
    "GET /visit-substitutions": own(),
    # Nobody without the capability learns whether these people exist; test_visit_plans.py tries managers of elsewhere.
    "POST /visit-substitutions": Row(FORBIDDEN, FORBIDDEN, body=standing_in),
    "GET /visit-substitutions/{substitution_id}": of_li("substitution_id", "substitution"),
    "GET /visit-cadences": own(),
    "PUT /visit-cadences": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"items": [{"level": "A", "every_days": 7}]}),
    "GET /visits/feed": own(),
    "GET /visits/statistics": Row(OK, OK, query=NEXT_YEAR),
    "POST /visits/exports": Row(
        FORBIDDEN, FORBIDDEN, body=lambda w: {"filters": {"first": "2026-11-01", "last": "2026-11-30"}}
    ),
    "POST /visits/read": about(lambda w: {"visit_ids": [w.visit]}),
    "POST /visits/{visit_id}/read": of_li("visit_id", "visit"),
    "POST /visits/{visit_id}/like": of_li("visit_id", "visit"),
    "DELETE /visits/{visit_id}/like": of_li("visit_id", "visit"),
    **{f"GET /visits/route{form}": Row(OK, OK, query={"on": "2026-11-23"}) for form in ("", ".geojson", ".png")},
    "GET /visits/due": own(),
    "GET /visits/due/counts": own(),
    "GET /visits": own(),
    "POST /visits": about(lambda w: {"customer_id": w.customer}),
    "GET /visits/{visit_id}": of_li("visit_id", "visit"),
    "POST /visits/{visit_id}/check-in": of_li("visit_id", "visit", lambda w: check_in_body()),
    "POST /visits/{visit_id}/check-out": of_li("visit_id", "visit", lambda w: {"samples": [sample()]}),
    "POST /visits/{visit_id}/cancel": of_li("visit_id", "visit", lambda w: {}),
    "POST /visits/{visit_id}/summary": of_li("visit_id", "visit", lambda w: {"summary": "x"}),
    # Nobody without the capability learns whether the visit exists; test_visits.py tries managers of elsewhere.
    "POST /visits/{visit_id}/review": Row(
        FORBIDDEN, FORBIDDEN, {"visit_id": "visit"}, body=lambda w: {"decision": "accepted"}
    ),
    "GET /visit-reviews": Row(FORBIDDEN, FORBIDDEN),
    "POST /visit-reviews": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"visit_ids": [w.visit], "decision": "accepted"}),
    "POST /visits/{visit_id}/close": Row(
        FORBIDDEN, FORBIDDEN, {"visit_id": "visit"}, body=lambda w: {"reason": "忘记签退"}
    ),
    "POST /visits/{visit_id}/companions": of_li("visit_id", "visit", lambda w: {"employee_ids": [w.customer]}),
    "POST /visits/{visit_id}/companions/confirm": of_li("visit_id", "visit"),
    "GET /visits/{visit_id}/positions": of_li("visit_id", "visit"),
    "POST /visits/{visit_id}/place-proposal": of_li("visit_id", "visit"),
    "GET /place-proposals": own(),
    "POST /place-proposals/{proposal_id}/accept": of_li("proposal_id", "proposal"),
    "POST /place-proposals/{proposal_id}/decline": of_li("proposal_id", "proposal"),
    "POST /visits/{visit_id}/photos": of_li("visit_id", "visit", lambda w: {"file_id": w.file}),
    "POST /visits/{visit_id}/comments": of_li("visit_id", "visit", lambda w: {"text": "x"}),
    "GET /visit-policy": Row(FORBIDDEN, FORBIDDEN),
    "PUT /visit-policy": Row(
        FORBIDDEN,
        FORBIDDEN,
        body=lambda w: {"version": 0, "limits": {}, "positions_kept_days": 90, "closes_after_h": 12},
    ),
    "GET /position-consent": own(),
    "POST /position-consent": Row(CONFLICT, CONFLICT, body=lambda w: {"text_id": w.customer}),
    "DELETE /position-consent": Row(NOTHING, NOTHING),
    "GET /position-consent/texts": Row(FORBIDDEN, FORBIDDEN),
    "POST /position-consent/texts": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"zh": "同意", "en": "I agree"}),
    "GET /visit-templates": own(),
    "POST /visit-templates": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"name": "X", "actions": [NOTE]}),
    "POST /visit-templates/preview": Row(FORBIDDEN, FORBIDDEN, body=lambda w: {"actions": [NOTE]}),
    "GET /visit-templates/{template_id}": Row(OK, HIDDEN, {"template_id": "template"}),
    "GET /visit-templates/{template_id}/versions/{number}": Row(
        OK, HIDDEN, {"template_id": "template", "number": "template_version"}
    ),
    "POST /visit-templates/{template_id}/versions": Row(
        FORBIDDEN, FORBIDDEN, {"template_id": "template"}, body=lambda w: {"version": 1, "actions": [NOTE]}
    ),
    "POST /visit-templates/{template_id}/retire": Row(FORBIDDEN, FORBIDDEN, {"template_id": "template"}),
    "GET /visit-templates/{template_id}/statistics": Row(OK, HIDDEN, {"template_id": "template"}, NEXT_YEAR),
    "GET /customers/{customer_id}/visit-template": of_li("customer_id", "customer"),
    "POST /visits/{visit_id}/actions/{key}": Row(
        HIDDEN, HIDDEN, {"visit_id": "visit", "key": "role"}, body=lambda w: {"note": {"text": "x"}}
    ),
    "POST /files": Row(
        MADE,
        MADE,
        body=lambda w: {"name": "a.pdf", "size": 9, "type": "application/pdf", "sha256": "0" * 64, "purpose": "other"},
    ),
    "GET /files/{file_id}/upload": of_li("file_id", "file"),
    "POST /files/{file_id}/complete": of_li("file_id", "file"),
    "GET /files/{file_id}": of_li("file_id", "file"),
    "GET /expense-categories": own(),
    "GET /expense-requests": own(),
    "POST /expense-requests": about(
        lambda w: {
            "category_id": w.category,
            "customer_id": w.customer,
            "purpose": "x",
            "amount": {"amount": "1.00", "currency": "CNY"},
        }
    ),
    "GET /expense-requests/{request_id}": of_li("request_id", "request"),
    "PATCH /expense-requests/{request_id}": of_li("request_id", "request", lambda w: {"version": 1, "purpose": "y"}),
    "POST /expense-requests/{request_id}/submit": of_li("request_id", "request"),
    "GET /approvals": Row(OK, OK, query={"box": "todo"}),
    "POST /approvals/preview": about(
        lambda w: {"document_type": "expenses.expenserequest", "document_id": str(w.request)}
    ),
    "GET /approvals/{approval_id}": of_li("approval_id", "approval"),
    "GET /approvals/{approval_id}/history": of_li("approval_id", "approval"),
    "POST /approvals/{approval_id}/approve": of_li("approval_id", "approval", lambda w: {"opinion": "好"}),
    "POST /approvals/{approval_id}/reject": of_li("approval_id", "approval", lambda w: {"opinion": "不"}),
    "POST /approvals/{approval_id}/withdraw": of_li("approval_id", "approval"),
    "GET /products": own(),
    "GET /products/lookup": Row(HIDDEN, HIDDEN, query={"barcode": "6901234567892"}),
    "GET /products/{product_id}": Row(OK, HIDDEN, {"product_id": "product"}),
    "GET /stock": Row(OK, OK, query={"q": "tgy"}),
    "GET /notifications": own(),
    "POST /notifications/read": about(lambda w: {"ids": [str(w.request)]}),
    "POST /orders/price": about(lambda w: {"customer_id": w.customer, "lines": basket(w)}),
    "GET /orders": own(),
    "POST /orders": about(lambda w: {"customer_id": w.customer, "lines": basket(w)}),
    "GET /orders/{order_id}": of_li("order_id", "order"),
    "PATCH /orders/{order_id}": of_li("order_id", "order", lambda w: {"version": 1, "lines": basket(w)}),
    "POST /orders/{order_id}/submit": of_li("order_id", "order"),
    "POST /orders/{order_id}/cancel": of_li("order_id", "order", lambda w: {}),
    "POST /orders/{order_id}/follow": of_li("order_id", "order"),
    "POST /orders/{order_id}/unfollow": of_li("order_id", "order"),
    "GET /orders/{order_id}/timeline": of_li("order_id", "order"),
    # Last, for it ends the sessions in which the others are asked.
    "POST /auth/logout-everywhere": Row(NOTHING, NOTHING, body=lambda w: {"keep_this": False}),
}
OPERATIONS = {
    f"{method.upper()} {path.removeprefix('/api/v1')}": (method, path)
    for path, methods in contract.get_openapi_schema()["paths"].items()
    for method in methods
}


def test_every_operation_has_a_row():
    assert set(OPERATIONS) == set(MATRIX) | set(PUBLIC)


def call(caller: Any, operation: str, path: dict[str, UUID | str], row: Row, world: World | None) -> Any:
    method, _, template = operation.partition(" ")
    address = template.format(**path)
    if method == "GET":
        return caller.get(address, **row.query)
    if method == "DELETE":
        return caller.delete(address)
    return getattr(caller, method.lower())(address, row.body(world) if row.body and world else None)


def test_nobody_gets_anywhere(api):
    nothing = "01a20370-e3c1-7056-bf12-f82c78d301ef"
    wrong = []
    for operation, row in MATRIX.items():
        reply = call(api(None), operation, dict.fromkeys(row.path, nothing), row, None)
        if reply.status_code != 401 or not reply.headers["WWW-Authenticate"].startswith("Bearer"):
            wrong.append(f"{operation}: {reply.status_code} {reply.content[:200]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", ["zhao", "sun"])
def test_strangers_see_and_change_nothing(api, cast, media_root, who, tally):
    world = make_world(cast, api)
    stranger = getattr(cast, who)
    callers = {operation: Caller(access_token(stranger)) for operation in MATRIX}  # one of them signs out
    before, wrong = contents(), []
    for operation, row in MATRIX.items():
        path = {name: cast.li.pk if what == "li" else getattr(world, what) for name, what in row.path.items()}
        reply = call(callers[operation], operation, path, row, world)
        expected = getattr(row, who)
        if reply.status_code != expected:
            wrong.append(f"{operation}: {reply.status_code} {reply.content[:200]!r}")
        said = reply.content.decode(errors="replace").replace(f'"instance":"{reply.wsgi_request.path}"', "")
        wrong += [f"{operation} tells {secret}" for secret in world.secrets if secret in said]
        after = contents()
        if expected >= 400 and (touched := changed(before, after)):
            wrong.append(f"{operation} changed {touched}")
        before = after
    tally({"zhao": "person of another department", "sun": "person of another company"}[who], len(MATRIX))
    assert not wrong, "\n".join(wrong)
