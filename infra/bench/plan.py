"""`python -m infra.bench.plan` with DATABASE_URL: signs people in and prints, as JSON, what will be asked for and what
the floor must know of the product."""

import json
import random
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from backend.approvals.models import Task  # noqa: E402
from backend.catalog.models import Barcode  # noqa: E402
from backend.core import clock  # noqa: E402
from backend.core.actor import Actor  # noqa: E402
from backend.directory import keys, tokens  # noqa: E402
from backend.directory.models import Employee  # noqa: E402
from backend.directory.selectors import actor_for  # noqa: E402
from backend.directory.services import sessions  # noqa: E402
from backend.inventory.selectors import stock_by_barcode  # noqa: E402
from backend.visits import own  # noqa: E402
from backend.visits.models import Visit  # noqa: E402
from backend.visits.selectors import hot  # noqa: E402
from infra.bench.supply import Requests  # noqa: E402
from mobile_api import paging  # noqa: E402

API = "/api/v1"
DEVICE = sessions.Device(id="phone")
EACH = 20
"""Different visits and products a rep asks for."""
PHONES = 80
"""That refresh their tokens: a session of its own for each connection of each server, and some to count with."""


def main() -> None:
    random.seed(20261122)
    people = list(Employee.objects.filter(company__code="bench").order_by("number"))
    signed = {person: sessions.open_session(employee_id=person.pk, device=DEVICE, at=clock.now()) for person in people}
    access = {person.pk: session.access_token for person, session in signed.items()}
    reps = {person.pk: access[person.pk] for person in people if person.number.startswith("R")}
    heads = [access[person.pk] for person in people if person.number.startswith("G")]
    details = _details(reps)
    requests: dict[str, Requests] = {
        "visit_list": [_get("/visits?limit=20", token) for token in reps.values()],
        "visit_list_manager": [_get("/visits?limit=20", token) for token in heads],
        "visit_detail": details,
        "not_modified": details,
        "stock_lookup": _lookups(list(reps.values())),
        "check_in": _check_ins(reps),
        "approve": _approvals(access),
        "refresh": [_refresh(people[n % len(people)]) for n in range(PHONES)],
    }
    json.dump({"requests": requests, "floor": _for_the_floor(people)}, sys.stdout)


def _get(path: str, token: str) -> dict[str, Any]:
    return {"method": "GET", "path": API + path, "token": token}


def _post(path: str, token: str | None, body: dict[str, Any]) -> dict[str, Any]:
    return {"method": "POST", "path": API + path, "token": token, "body": body}


def _refresh(person: Employee) -> dict[str, Any]:
    session = sessions.open_session(employee_id=person.pk, device=DEVICE, at=clock.now())
    return _post("/auth/refresh", None, {"refresh_token": session.refresh_token, "device_id": DEVICE.id})


def _shuffled(requests: Requests) -> Requests:
    random.shuffle(requests)
    return requests


def _details(reps: dict[UUID, str]) -> Requests:
    asked = []
    for rep, token in reps.items():
        visits = list(Visit.objects.filter(owner_id=rep, status="completed").values_list("pk", flat=True)[:1000])
        asked += [_get(f"/visits/{visit}", token) for visit in random.sample(visits, EACH)]
    return _shuffled(asked)


def _lookups(tokens: list[str]) -> Requests:
    codes = list(Barcode.objects.filter(company__code="bench").values_list("code", flat=True))
    codes = random.sample(codes, min(len(codes), len(tokens) * EACH))
    return [_get(f"/products/lookup?barcode={code}", tokens[n % len(tokens)]) for n, code in enumerate(codes)]


def _check_ins(reps: dict[UUID, str]) -> Requests:
    """One of each rep, then the next of each, and so on: a rep has one open visit at a time."""
    now = clock.now()
    waiting: dict[UUID, Requests] = {rep: [] for rep in reps}
    visits = Visit.objects.filter(status="created", owner_id__in=reps)
    for pk, rep, lat, lng in visits.values_list("pk", "owner_id", "customer__lat", "customer__lng"):
        place = {"lng": lng, "accuracy_m": 12.0, "crs": "wgs84", "source": "gps"}
        samples = [
            place | {"lat": float(lat or 0) + n * 1e-5, "fixed_at": (now - timedelta(seconds=n)).isoformat()}
            for n in range(3)
        ]
        body = {"samples": samples, "captured_at": now.isoformat(), "device_id": DEVICE.id}
        waiting[rep].append(_post(f"/visits/{pk}/check-in", reps[rep], body))
    return [request for turn in zip(*waiting.values(), strict=True) for request in turn]


def _approvals(access: dict[UUID, str]) -> Requests:
    todo = Task.objects.filter(company__code="bench", status="open").values_list("approval_id", "employee_id")
    return _shuffled([_post(f"/approvals/{pk}/approve", access[person], {"opinion": "同意"}) for pk, person in todo])


def _for_the_floor(people: list[Employee]) -> dict[str, Any]:
    actors = {person: actor_for(person) for person in people}
    actor = next(actor for person, actor in actors.items() if person.number.startswith("R"))
    visit = Visit.objects.filter(owner_id=actor.employee_id).values_list("pk", flat=True)[0]
    barcode = Barcode.objects.filter(company_id=actor.company_id).values_list("code", flat=True)[0]
    key = keys.signing_key()
    return {
        "sql": {
            "visit_list": _statement(lambda: hot.newest_visits(actor=actor, limit=21)),
            "visit_detail": _statement(lambda: hot.visit_screen(actor=actor, visit_id=visit)),
            "not_modified": _statement(lambda: hot.visit_stamp(actor=actor, visit_id=visit)),
            "stock_lookup": _statement(lambda: stock_by_barcode(actor=actor, barcode=barcode)),
            "recent_check_ins": _statement(lambda: hot.recent_check_ins(actor=actor, limit=20)),
        },
        "fields": {
            "visit_list": hot.VisitRow._fields,
            "visit_detail": hot.VisitScreen._fields,
            "own_visit": own.VISIT,
        },
        "departments": {str(person.pk): _departments(actor) for person, actor in actors.items()},
        "tokens": {
            "key": key.signing,
            "algorithm": settings.JWT_ALGORITHM,
            "issuer": settings.JWT_ISSUER,
            "audience": settings.JWT_AUDIENCE,
            "headers": {"typ": tokens.TYPE, "kid": key.id},
            "lifetime_s": int(tokens.ACCESS_LIFETIME.total_seconds()),
        },
        "options": settings.DATABASES["default"]["OPTIONS"]["options"],
        "cursor": paging.encode(clock.now(), visit),
    }


def _departments(actor: Actor) -> list[str]:
    return list(map(str, actor.departments(Visit.resource)))


def _statement(read: Callable[[], object]) -> str:
    """The SQL of a read that makes one query."""
    made: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        made.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        read()
    (sql,) = made
    return sql


main()
