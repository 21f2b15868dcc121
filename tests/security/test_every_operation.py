"""Every operation against every kind of token that is none, and every body against what it may not hold.

One world, many calls: a test walks through all operations and tells all that went wrong. Paths and bodies are those of
the access matrix, where a missing operation fails.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.directory import tokens
from backend.directory.models import Employee, Session
from backend.directory.roles import STANDARD_ROLES
from backend.directory.services import people, sessions
from backend.events.models import Event
from mobile_api.auth import BEFORE_PASSWORD_CHANGE
from tests.mobile_api.test_access_matrix import MATRIX, OPERATIONS, PUBLIC, Row, call
from tests.security.forging import FORGED, genuine
from tests.support.cast import Cast
from tests.support.client import Caller, access_token
from tests.support.contract import DOCUMENT
from tests.support.tables import changed, contents
from tests.support.world import World, make_world


@pytest.fixture
def world(cast, api, media_root) -> World:
    return make_world(cast, api)


def path_of(row: Row, cast: Cast, world: World) -> dict[str, Any]:
    return {name: cast.li.pk if what == "li" else getattr(world, what) for name, what in row.path.items()}


Tally = Callable[[str, int], None]
OPEN_BEFORE_A_CHANGE = {f"{method} {path.removeprefix('/api/v1')}" for method, path in BEFORE_PASSWORD_CHANGE}


def walk(
    caller: Callable[[], Caller],
    cast: Cast,
    world: World,
    expected: Callable[[str, Any], str | None],
    *,
    leave_out: Collection[str] = (),
) -> int:
    """Call every operation on Li's things; `expected` tells what is wrong with an answer. No table may change. How
    many were called."""
    before, wrong = contents(), []
    asked = {operation: row for operation, row in MATRIX.items() if operation not in leave_out}
    for operation, row in asked.items():
        reply = call(caller(), operation, path_of(row, cast, world), row, world)
        if complaint := expected(operation, reply):
            wrong.append(f"{operation}: {complaint}, not {reply.status_code} {reply.content[:200]!r}")
    assert not wrong, "\n".join(wrong)
    assert not changed(before, contents())
    return len(asked)


def refusal(status: int, code: str) -> Callable[[str, Any], str | None]:
    def expected(operation: str, reply: Any) -> str | None:
        right = reply.status_code == status and reply.json()["code"] == code
        return None if right else f"{status} {code}"

    return expected


def unauthorised(code: str) -> Callable[[str, Any], str | None]:
    def expected(operation: str, reply: Any) -> str | None:
        told = reply.headers.get("WWW-Authenticate", "")
        right = reply.status_code == 401 and reply.json()["code"] == code and told == f'Bearer error="{code}"'
        return None if right else f"401 {code}"

    return expected


def with_header(authorization: str) -> Caller:
    caller = Caller(None)
    caller.headers = {"Authorization": authorization} if authorization else {}
    return caller


class TestTokens:
    def test_no_bearer_token(self, cast, world, tally):
        token = access_token(cast.li)
        for header in ("", "Basic bGk6eA==", f"Token {token}", token):
            tally(
                "no token, or one given otherwise",
                walk(lambda header=header: with_header(header), cast, world, unauthorised("unauthenticated")),
            )
        for header in ("Bearer", "Bearer ", f"Bearer  {token}", f"Bearer {token},{token}"):
            tally(
                "no token, or one given otherwise",
                walk(lambda header=header: with_header(header), cast, world, unauthorised("token_invalid")),
            )

    def test_forged(self, cast, world, tally):
        token = access_token(cast.li)
        for forge in FORGED.values():
            forged = Caller(forge(token))
            tally("forged token", walk(lambda forged=forged: forged, cast, world, unauthorised("token_invalid")))

    def test_expired(self, cast, world, tally):
        past = clock.now() - tokens.ACCESS_LIFETIME - timedelta(minutes=1)
        session = Session.objects.filter(employee=cast.li).first()
        token = tokens.sign_access(employee_id=cast.li.pk, company_id=cast.company.pk, session_id=session.pk, at=past)
        tally("expired token", walk(lambda: Caller(token), cast, world, unauthorised("token_expired")))

    def test_refresh_token_as_access_token(self, cast, world, tally):
        opened = sessions.open_session(employee_id=cast.li.pk, device=sessions.Device(id="d"), at=clock.now())
        tally(
            "refresh token as access token",
            walk(lambda: Caller(opened.refresh_token), cast, world, unauthorised("token_invalid")),
        )

    def test_in_another_header_or_a_cookie_instead(self, cast, world, tally):
        token = access_token(cast.li)

        def caller() -> Caller:
            nobody = Caller(None)
            nobody.headers = {"X-Access-Token": token, "Proxy-Authorization": f"Bearer {token}"}
            nobody.client.cookies["access_token"] = nobody.client.cookies["Authorization"] = token
            return nobody

        tally("token in another header or a cookie", walk(caller, cast, world, unauthorised("unauthenticated")))

    def test_of_a_session_that_was_ended(self, cast, world, tally):
        token = access_token(cast.li)
        caller = Caller(token)
        assert caller.get("/me").status_code == 200
        assert caller.post("/auth/logout").status_code == 204
        tally("revoked session", walk(lambda: caller, cast, world, unauthorised("session_revoked")))

    def test_of_a_session_that_ran_out(self, cast, world, tally):
        token = access_token(cast.li)
        Session.objects.filter(employee=cast.li).update(expires_at=clock.now())
        tally("session that ran out", walk(lambda: Caller(token), cast, world, unauthorised("session_revoked")))

    def test_of_a_session_of_somebody_else(self, cast, world, tally):
        claims = jwt.decode(access_token(cast.li), options={"verify_signature": False})
        stolen = genuine(claims | {"sub": str(cast.han.pk)})
        tally("session of somebody else", walk(lambda: Caller(stolen), cast, world, unauthorised("session_revoked")))

    def test_of_somebody_who_left(self, cast, world, tally):
        caller = Caller(access_token(cast.li))
        assert caller.get("/me").status_code == 200
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
        tally("disabled employee", walk(lambda: caller, cast, world, unauthorised("session_revoked")))

    def test_of_somebody_whose_row_alone_says_that_he_left(self, cast, world, tally):
        token = access_token(cast.li)
        Employee.objects.filter(pk=cast.li.pk).update(is_active=False)
        tally(
            "disabled employee, by his row alone",
            walk(lambda: Caller(token), cast, world, unauthorised("session_revoked")),
        )

    def test_of_somebody_whose_password_must_change(self, cast, world, tally):
        Employee.objects.filter(pk=cast.li.pk).update(must_change_password=True)
        caller = Caller(access_token(cast.li))
        required = refusal(403, "password_change_required")
        left_out = OPEN_BEFORE_A_CHANGE
        tally("password must be changed first", walk(lambda: caller, cast, world, required, leave_out=left_out))
        assert left_out == {"POST /auth/password/change", "POST /auth/logout", "GET /me"}
        assert caller.get("/me").json()["must_change_password"] is True
        for path in ("/me/today", "/me?x=/auth/logout"):
            told = caller.get(path)
            assert (told.status_code == 200) is path.startswith("/me?"), (
                "the operation is open, not what begins like it"
            )
        wrong = caller.post("/auth/password/change", {"old_password": "x", "new_password": "a-new-long-phrase"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
        assert caller.post("/auth/logout").status_code == 204


def test_a_colleague_of_the_same_department_is_a_stranger_too(cast, world, tally):
    """Who sees only his own; `zhao` of the matrix is of another region and `sun` of another company."""
    zhou = people.put_employee(
        actor=Actor.system(cast.company.pk),
        number="1006",
        name="周舟",
        department_id=cast.shanghai.pk,
        manager_id=cast.han.pk,
        role_codes=["rep"],
        at=clock.now(),
    )
    callers = {operation: Caller(access_token(zhou)) for operation in MATRIX}
    wrong, before = [], contents()
    for operation, row in MATRIX.items():
        reply = call(callers[operation], operation, path_of(row, cast, world), row, world)
        if reply.status_code != row.zhao:
            wrong.append(f"{operation}: {row.zhao}, not {reply.status_code} {reply.content[:200]!r}")
        text = reply.content.decode(errors="replace")  # a template is a workbook
        said = text.replace(f'"instance":"{reply.wsgi_request.path}"', "")
        wrong += [f"{operation} tells {secret}" for secret in world.secrets if secret in said]
        after = contents()
        if row.zhao >= 400 and (touched := changed(before, after)):
            wrong.append(f"{operation} changed {touched}")
        before = after
    tally("other person of the department", len(MATRIX))
    assert not wrong, "\n".join(wrong)


def test_whoever_may_do_everything_in_another_company_is_a_stranger_too(cast, world, tally):
    """With every role there is, so that no scope but the company's own bound keeps him out."""
    boss = people.put_employee(
        actor=Actor.system(cast.acme.pk),
        number="1",
        name="甲老板",
        department_id=cast.sun.department_id,
        manager_id=None,
        role_codes=[role.code for role in STANDARD_ROLES],
        at=clock.now(),
    )
    own_names = {"code", "provider"}  # of roles and providers, which every company has
    every_id = world.secrets | {str(each) for each in (world.product, world.category, world.department, cast.li.pk)}
    caller, wrong, before, asked = Caller(access_token(boss)), [], contents(), 0
    last = Event.objects.latest("pk").pk
    for operation, row in MATRIX.items():
        is_of_li = bool(row.path) and not own_names & set(row.path)
        if not is_of_li and not operation.startswith("GET"):
            continue
        asked += 1
        reply = call(caller, operation, path_of(row, cast, world), row, world)
        if is_of_li and reply.status_code != 404:
            wrong.append(f"{operation}: 404, not {reply.status_code} {reply.content[:200]!r}")
        text = reply.content.decode(errors="replace")  # a template is a workbook
        said = text.replace(f'"instance":"{reply.wsgi_request.path}"', "")
        wrong += [f"{operation} tells {each}" for each in every_id if each in said]
    tally("chief of another company", asked)
    assert not wrong, "\n".join(wrong)
    assert set(changed(before, contents())) <= {"events_event"}
    assert set(Event.objects.filter(pk__gt=last).values_list("company_id", flat=True)) <= {cast.acme.pk}  # his exports
    assert asked > 60


# --- What a body may not hold ---
SERVERS_OWN = (
    *("is_admin", "is_staff", "is_active", "role", "roles", "capabilities", "scopes", "must_change_password"),
    *("company", "company_id", "owner", "owner_id", "department_id", "employee_id", "created_from", "created_at"),
    *("updated_at", "deleted_at", "status", "version", "number", "verdict", "total", "unit_price", "approval_id"),
)
UNSIGNED = {"POST /auth/password", "POST /auth/refresh"}


def schema_of(operation: str) -> dict[str, Any] | None:
    method, path = OPERATIONS[operation]
    content = DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


def resolved(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The object schemas this may be."""
    for part in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(part, ()):
            yield from resolved(option)
    if "$ref" in schema:
        yield from resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    elif schema.get("type") in {"object", "array"} or "properties" in schema:
        yield schema


def spoilt(schema: dict[str, Any], body: Any, extra: str) -> Iterator[tuple[Any, str]]:
    """The body with the field `extra` in each of its objects in turn, and where it is."""
    for option in resolved(schema):
        if isinstance(body, dict) and "properties" in option:
            if extra not in option["properties"]:
                yield body | {extra: "x"}, extra
            for name, value in body.items():
                for changed_value, where in spoilt(option["properties"].get(name, {}), value, extra):
                    yield body | {name: changed_value}, f"{name}.{where}"
        elif isinstance(body, list) and body and "items" in option:
            for changed_value, where in spoilt(option["items"], body[0], extra):
                yield [changed_value, *body[1:]], f"0.{where}"


def test_no_body_takes_a_field_that_is_the_servers_own(cast, world, api, tally):
    bodies = {name: row.body(world) for name, row in MATRIX.items() if schema_of(name) and row.body}
    device = {"id": "phone-1"}
    bodies["POST /auth/password"] = {"company": "waiqin", "number": "1002", "password": "x", "device": device}
    bodies["POST /auth/refresh"] = {"refresh_token": "x" * 43, "device_id": "phone-1"}
    signed_elsewhere = {name for name in PUBLIC if name not in bodies}
    assert {name for name in OPERATIONS if schema_of(name)} - set(bodies) <= signed_elsewhere
    before, wrong, cases = contents(), [], 0
    for operation, body in bodies.items():
        row = MATRIX.get(operation) or Row(0, 0, body=None)
        for extra in SERVERS_OWN:
            for altered, where in spoilt(schema_of(operation) or {}, body, extra):
                cases += 1
                told = Row(0, 0, row.path, row.query, lambda world, altered=altered: altered)
                reply = call(api(cast.li), operation, path_of(row, cast, world), told, world)
                named = {(error["field"], error["code"]) for error in reply.json().get("errors", ())}
                if reply.status_code != 422 or (where, "extra_forbidden") not in named:
                    wrong.append(f"{operation} {where}: {reply.status_code} {reply.content[:200]!r}")
    tally("field of the server's own in a body", cases)
    assert not wrong, "\n".join(wrong)
    assert not changed(before, contents(), but=())
    assert cases > 500


def test_what_a_resource_shows_beyond_what_it_takes_cannot_be_written(cast, world, api, tally):
    """Fields of the answer that the question does not have: read-only by nature."""
    wrong, cases, before = [], 0, contents()
    for operation, row in MATRIX.items():
        taken = schema_of(operation)
        if not taken or not row.body:
            continue
        method, path = OPERATIONS[operation]
        shown = {
            name
            for status, answer in DOCUMENT["paths"][path][method]["responses"].items()
            if str(status).startswith("2")
            for schema in resolved(answer.get("content", {}).get("application/json", {}).get("schema", {}))
            for name in schema.get("properties", {})
        }
        known = {name for schema in resolved(taken) for name in schema.get("properties", {})}
        for name in sorted(shown - known):
            cases += 1
            body = row.body(world) | {name: None}
            told = Row(0, 0, row.path, row.query, lambda world, body=body: body)
            reply = call(api(cast.li), operation, path_of(row, cast, world), told, world)
            if reply.status_code != 422:
                wrong.append(f"{operation} {name}: {reply.status_code} {reply.content[:200]!r}")
    tally("read-only field in a body", cases)
    assert not wrong, "\n".join(wrong)
    assert not changed(before, contents(), but=())
    assert cases > 100
