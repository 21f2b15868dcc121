import hashlib
import secrets
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import jwt
import orjson
from psycopg.types.json import Jsonb

from infra.bench.floor.plumbing import PLAN, SQL, TOKENS, Params, Reply, body_of, ok, one, rows, run, transaction, who
from infra.bench.floor.reads import details, item

RECORD = """
    WITH event AS (
        INSERT INTO events_event
            (company_id, name, subject_type, subject_id, actor_id, data, request_id, address, device, at)
        VALUES (%(company)s, %(name)s, %(subject_type)s, %(id)s, %(me)s, %(data)s, %(request_id)s, '127.0.0.1', '',
            %(at)s)
        RETURNING id
    ), owed AS (
        INSERT INTO events_delivery (company_id, status, attempts, due_at, error, created_at, event_id, consumer)
        SELECT %(company)s, 'pending', 0, %(at)s, '', %(at)s, event.id, 'notifications' FROM event
        WHERE %(owed)s RETURNING id
    ) SELECT pg_notify('owed', '') FROM owed
"""

LOCK_EMPLOYEE = "SELECT id FROM directory_employee WHERE id = %(me)s FOR UPDATE"
LOCK_VISIT = f"""
    SELECT {", ".join(f"visit.{name}" for name in PLAN["fields"]["own_visit"])}, customer.name AS customer_name,
        customer.lat AS customer_lat, customer.lng AS customer_lng, customer.geofence_m, owner.name AS owner_name
    FROM visits_visit visit
    JOIN customers_customer customer ON customer.id = visit.customer_id
    JOIN directory_employee owner ON owner.id = visit.owner_id
    WHERE visit.id = %(id)s AND visit.owner_id = %(me)s AND visit.deleted_at IS NULL FOR UPDATE OF visit
"""
ADD_SAMPLES = """
    INSERT INTO visits_checkinsample
        (company_id, visit_id, stage, lat, lng, accuracy_m, crs, fixed_at, source, wgs84_lat, wgs84_lng)
    SELECT %(company)s, %(id)s, 'check_in', lat, lng, accuracy_m, 'wgs84', fixed_at, 'gps', lat, lng
    FROM unnest(%(lats)s::float8[], %(lngs)s::float8[], %(accuracies)s::float8[], %(fixes)s::timestamptz[])
        AS sample (lat, lng, accuracy_m, fixed_at)
"""
OPEN_VISIT = """
    UPDATE visits_visit SET version = version + 1, updated_at = %(at)s, status = 'open', started_at = %(at)s,
        checked_in_at = %(at)s, checked_in_from = %(sent)s, captured_at = %(captured_at)s, skew_s = 0,
        device_id = %(device_id)s, lat = %(lat)s, lng = %(lng)s, accuracy_m = %(accuracy_m)s, distance_m = 0,
        verdict = 'verified', reasons = %(reasons)s
    WHERE id = %(id)s
"""


def record(params: Params, name: str, subject_type: str, *, owed: bool, **data: Any) -> None:
    run(RECORD, params | {"name": name, "subject_type": subject_type, "data": Jsonb(data), "owed": owed})


def common(environ: dict[str, Any], pk: str) -> Params:
    return who(environ) | {"id": UUID(pk), "at": datetime.now(UTC), "request_id": secrets.token_hex(16)}


def check_in(environ: dict[str, Any], pk: str) -> Reply:
    body, params = body_of(environ), common(environ, pk)
    samples = body["samples"]
    columns = {"lats": "lat", "lngs": "lng", "accuracies": "accuracy_m", "fixes": "fixed_at"}
    params |= {name: [sample[key] for sample in samples] for name, key in columns.items()}
    params |= {name: samples[0][name] for name in ("lat", "lng", "accuracy_m")}
    params |= {"captured_at": body["captured_at"], "device_id": body["device_id"], "reasons": Jsonb([]), "limit": 20}
    params["sent"] = hashlib.sha256(orjson.dumps(body)).digest()
    with transaction():
        rows(LOCK_EMPLOYEE, params)
        visit = one(LOCK_VISIT, params)
        rows(SQL["recent_check_ins"], params)
        run(ADD_SAMPLES, params)
        run(OPEN_VISIT, params)
        told = {"verdict": "verified", "reasons": [], "customer": visit.customer_name}
        record(params, "visit.checked_in", "visits.visit", owed=True, **told)
    at = params["at"]
    changed = {"version": visit.version + 1, "status": "open", "started_at": at, "checked_in_at": at, "distance_m": 0.0}
    shown = SimpleNamespace(**visit._asdict() | changed | {"verdict": "verified"})
    return ok(item(shown) | details(shown) | {"reasons": []})


LOCK_APPROVAL = """
    SELECT approval.id, approval.version, document_type, document_id, title, summary, route, step, status, owner_id,
        submitted_at, owner.name AS owner_name
    FROM approvals_approval approval JOIN directory_employee owner ON owner.id = approval.owner_id
    WHERE approval.id = %(id)s AND approval.company_id = %(company)s FOR UPDATE OF approval
"""
TASKS = "SELECT id, step, employee_id, status FROM approvals_task WHERE approval_id = %(id)s ORDER BY step, id"
CLOSE_TASK = "UPDATE approvals_task SET status = 'approved', closed_at = %(at)s WHERE id = %(task)s"
DECIDE = """
    INSERT INTO approvals_decision (company_id, task_id, by_id, verdict, opinion, at, address, device)
    VALUES (%(company)s, %(task)s, %(me)s, 'approved', %(opinion)s, %(at)s, '127.0.0.1', '') RETURNING id
"""
FINISH = """
    UPDATE approvals_approval SET version = version + 1, updated_at = %(at)s, status = 'approved', finished_at = %(at)s,
        route = %(route)s
    WHERE id = %(id)s
"""
LOCK_EXPENSE = "SELECT * FROM expenses_expenserequest WHERE id = %(document)s FOR UPDATE"
SETTLE = """
    UPDATE expenses_expenserequest SET version = version + 1, updated_at = %(at)s, status = 'approved'
    WHERE id = %(document)s
"""


def approve(environ: dict[str, Any], pk: str) -> Reply:
    params = common(environ, pk)
    params["opinion"] = body_of(environ)["opinion"]
    with transaction():
        approval = one(LOCK_APPROVAL, params)
        task = rows(TASKS, params)[-1]
        params |= {"task": task[0], "document": approval.document_id, "route": Jsonb(approval.route)}
        run(CLOSE_TASK, params)
        run(DECIDE, params)
        run(FINISH, params)
        rows(LOCK_EXPENSE, params)
        run(SETTLE, params)
        record(params, "expense.approved", "expenses.expenserequest", owed=False, title=approval.title)
        told = {"title": approval.title, "opinion": params["opinion"]}
        record(params, "approval.approved", "approvals.approval", owed=True, **told)
    return ok(
        {
            "id": approval.id,
            "version": approval.version + 1,
            "document_type": approval.document_type,
            "document_id": approval.document_id,
            "title": approval.title,
            "summary": approval.summary,
            "status": "approved",
            "step": approval.route[approval.step]["key"],
            "submitter": {"id": approval.owner_id, "name": approval.owner_name},
            "submitted_at": approval.submitted_at,
            "finished_at": params["at"],
        }
    )


FIND_TOKEN = """
    SELECT token.id AS token_id, token.used_at, token.created_at, session.id AS session_id, session.company_id,
        session.device_id, session.revoked_at, session.expires_at, employee.id AS employee_id, employee.is_active,
        employee.must_change_password
    FROM directory_refreshtoken token
    JOIN directory_session session ON session.id = token.session_id
    JOIN directory_employee employee ON employee.id = session.employee_id
    WHERE token.hash = %(hash)s FOR UPDATE OF token
"""
USE_TOKEN = "UPDATE directory_refreshtoken SET used_at = %(at)s WHERE id = %(token)s"
TOUCH_SESSION = "UPDATE directory_session SET last_seen_at = %(at)s, address = '127.0.0.1' WHERE id = %(session)s"
ADD_TOKEN = """
    INSERT INTO directory_refreshtoken (company_id, session_id, hash, created_at)
    VALUES (%(company)s, %(session)s, %(hash)s, %(at)s) RETURNING id
"""


def refresh(environ: dict[str, Any]) -> Reply:
    at = datetime.now(UTC)
    params: Params = {"at": at, "hash": hashed(body_of(environ)["refresh_token"])}
    with transaction():
        found = one(FIND_TOKEN, params)
        new = secrets.token_urlsafe(32)
        params |= {"token": found.token_id, "session": found.session_id, "company": found.company_id}
        run(USE_TOKEN, params)
        run(TOUCH_SESSION, params)
        run(ADD_TOKEN, params | {"hash": hashed(new)})
    issued = int(at.timestamp())
    claims = {
        "iss": TOKENS["issuer"],
        "aud": TOKENS["audience"],
        "iat": issued,
        "exp": issued + TOKENS["lifetime_s"],
        "sub": str(found.employee_id),
        "sid": str(found.session_id),
        "company": str(found.company_id),
    }
    access = jwt.encode(claims, TOKENS["key"], TOKENS["algorithm"], headers=TOKENS["headers"])
    return ok(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKENS["lifetime_s"],
            "refresh_token": new,
            "session_id": found.session_id,
            "must_change_password": found.must_change_password,
        }
    )


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
