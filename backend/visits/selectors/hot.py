"""The reads every phone repeats all day, as prepared SQL; each is tested to equal the plain query.

`visible_to` asks "mine or my departments' or shown to me" in one condition, for which PostgreSQL has no index that
is also in order: it sorts everything the actor may see to show twenty rows. Here each reason to see a visit is a
branch of its own that enters its index at the cursor and stops after a page, so the cost does not grow with the table.
What was shown to the actor is looked up one by one: there is little of it, and joined at large it tempts PostgreSQL to
walk through the whole company in search of it.
"""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from backend.core.actor import Actor, Scope
from backend.core.errors import NotFound
from backend.visits import progress
from backend.visits.models import Visit

MOST_PEOPLE = 50
"""Named of those who like or have read a visit, the first ones; all are counted."""
FIRST_ID = UUID(int=0)
END = datetime(2100, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1)
"""Where the first page enters: newer than any visit."""


class VisitRow(NamedTuple):
    """A visit as a list shows it."""

    id: UUID
    version: int
    status: str
    purpose: str
    started_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    closed_by: str
    verdict: str
    distance_m: float | None
    decision: str
    plan_id: UUID | None
    department_id: UUID
    customer_id: UUID
    owner_id: UUID
    customer_name: str
    owner_name: str

    @classmethod
    def of(cls, visit: Visit) -> "VisitRow":
        named = {"customer_name": visit.customer.name, "owner_name": visit.owner.name}
        return cls._make(named[field] if field in named else getattr(visit, field) for field in cls._fields)


SHOWN = """v.id, v.version, v.status, v.purpose, v.started_at, v.checked_in_at, v.checked_out_at, v.closed_by,
    v.verdict, v.distance_m, v.decision, v.plan_id, v.department_id, v.customer_id, v.owner_id"""
WANTED = """
    AND v.company_id = %(company)s AND v.deleted_at IS NULL {status} {since}
    AND v.started_at <= %(before)s AND (v.started_at < %(before)s OR v.id < %(before_id)s)
"""
PAGE = f"{WANTED} ORDER BY v.started_at DESC, v.id DESC LIMIT {{limit}}"
OF_COMPANY = f"SELECT {SHOWN} FROM visits_visit v WHERE true {PAGE}"  # noqa: S608
OF_ACTOR = f"""
    (SELECT {SHOWN} FROM visits_visit v WHERE v.owner_id = %(me)s {PAGE})
    UNION ALL
    (SELECT team.* FROM unnest(%(departments)s::uuid[]) AS department (id) CROSS JOIN LATERAL (
        SELECT {SHOWN} FROM visits_visit v WHERE v.department_id = department.id {PAGE}
    ) AS team)
    UNION ALL
    (SELECT shown.* FROM documents_share share CROSS JOIN LATERAL (
        SELECT {SHOWN} FROM visits_visit v WHERE v.id = share.document_id {WANTED} OFFSET 0
    ) AS shown WHERE share.employee_id = %(me)s AND share.document_type = 'visits.visit')
"""  # noqa: S608
LIST = f"""
    WITH seen AS ({{seen}}),
    newest AS (SELECT DISTINCT ON (started_at, id) * FROM seen ORDER BY started_at DESC, id DESC LIMIT {{limit}})
    SELECT {SHOWN}, customer.name, owner.name {{more}} FROM newest AS v
    JOIN customers_customer customer ON customer.id = v.customer_id
    JOIN directory_employee owner ON owner.id = v.owner_id {{joined}}
    ORDER BY v.started_at DESC, v.id DESC
"""  # noqa: S608


def newest_visits(
    *,
    actor: Actor,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    status: str | None = None,
) -> list[VisitRow]:
    """At most `limit` visits the actor sees, newest first, from `since` to before `until`, older than `before`."""
    actor.require("visit.read")
    at, pk = min(before or END, (until, FIRST_ID) if until else END)
    whole_company = sees_whole_company(actor)
    bounds: dict[str, Any] = {"before": at, "before_id": pk} | ({"since": since} if since else {})
    who = {"company": actor.company_id} if whole_company else who_asks(actor)
    with connection.cursor() as cursor:
        cursor.execute(_list_sql(whole_company, limit, status, since=since is not None), {**who, **bounds})
        return [VisitRow(*row) for row in cursor.fetchall()]


@cache
def _list_sql(whole_company: bool, limit: int, status: str | None, *, since: bool) -> str:
    """With what the one plan for all must know: how few rows are wanted, and a status, without which it could not use
    the small index over the open visits.

    Without a first day nothing is said of it: between two unknown bounds PostgreSQL expects so few visits that it
    would rather sort them all than read them in order.
    """
    seen = (OF_COMPANY if whole_company else OF_ACTOR).format(
        status=f"AND v.status = '{Visit.Status(status)}'" if status else "",
        since="AND v.started_at >= %(since)s" if since else "",
        limit=int(limit),
    )
    return LIST.format(seen=seen, limit=int(limit), more="", joined="")


class CheckInRow(NamedTuple):
    """An earlier check-in of the employee."""

    id: UUID
    status: str
    device_id: str
    came_at: datetime
    lat: float
    lng: float
    accuracy_m: float


_CHECK_INS = """
    SELECT v.id, v.status, v.device_id, v.checked_in_at - v.kept_back_s * interval '1 s', v.lat, v.lng, v.accuracy_m
    FROM visits_visit v WHERE v.owner_id = %(me)s AND v.checked_in_at IS NOT NULL
    ORDER BY v.started_at DESC, v.id DESC LIMIT %(limit)s
"""


def recent_check_ins(*, actor: Actor, limit: int) -> list[CheckInRow]:
    """The employee's last check-ins, newest first; an open one is always among them, for it bars all later ones."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECK_INS, {"me": actor.person_id, "limit": limit})
        return [CheckInRow(*row) for row in cursor.fetchall()]


_STAMP = """concat_ws('|', v.version, template.name, customer.name, owner.name, decider.name,
    (SELECT sum(file.version) FROM visits_visitphoto photo JOIN files_attachment file ON file.id = photo.attachment_id
     WHERE photo.visit_id = v.id),
    (SELECT string_agg(author.name, ',' ORDER BY comment.id) FROM visits_visitcomment comment
     JOIN directory_employee author ON author.id = comment.author_id WHERE comment.visit_id = v.id),
    (SELECT string_agg(person.name, ',' ORDER BY companion.id) FROM visits_visitcompanion companion
     JOIN directory_employee person ON person.id = companion.employee_id WHERE companion.visit_id = v.id),
    (SELECT 'L' || string_agg(concat(given.id, person.name), ',' ORDER BY given.id) FROM visits_visitlike given
     JOIN directory_employee person ON person.id = given.employee_id
     WHERE given.visit_id = v.id AND given.taken_back_at IS NULL),
    (SELECT 'R' || string_agg(concat(reading.id, person.name), ',' ORDER BY reading.id) FROM visits_visitreading reading
     JOIN directory_employee person ON person.id = reading.employee_id WHERE reading.visit_id = v.id))
"""
"""Differs whenever anything on the screen does: answers, photos, comments and companions move the visit's version;
names, likes and readings do not."""
_SEEN = """
    FROM visits_visit v
    JOIN customers_customer customer ON customer.id = v.customer_id
    JOIN directory_employee owner ON owner.id = v.owner_id
    LEFT JOIN directory_employee decider ON decider.id = v.decided_by_id
    LEFT JOIN visits_templateversion asked ON asked.id = v.template_version_id
    LEFT JOIN visits_visittemplate template ON template.id = asked.template_id
    WHERE v.id = %(id)s AND v.company_id = %(company)s AND v.deleted_at IS NULL AND (
        %(whole_company)s OR v.owner_id = %(me)s OR v.department_id = ANY(%(departments)s::uuid[]) OR EXISTS (
            SELECT FROM documents_share share WHERE share.employee_id = %(me)s AND share.document_id = v.id
            AND share.document_type = 'visits.visit'))
"""
_SCREEN = f"""
    SELECT {_STAMP} AS stamp, v.id, v.version, v.status, v.purpose, v.plan_id, v.department_id,
        v.started_at, v.checked_in_at, v.checked_out_at, v.closed_by, v.captured_at, v.skew_s,
        v.kept_back_s, v.check_out_kept_back_s, v.device_id, v.lat, v.lng, v.accuracy_m, v.distance_m,
        v.verdict, v.reasons::text,
        v.cancel_reason, v.summary, v.next_step, v.next_on, v.decision, v.decision_reason, v.decided_at,
        v.decided_by_id, decider.name, v.customer_id, customer.name, v.owner_id, owner.name,
        (SELECT coalesce(json_agg(json_build_object(
                'employee', json_build_object('id', person.id, 'name', person.name),
                'confirmed_at', companion.confirmed_at
            ) ORDER BY companion.id), '[]')::text
         FROM visits_visitcompanion companion JOIN directory_employee person ON person.id = companion.employee_id
         WHERE companion.visit_id = v.id),
        (SELECT coalesce(json_agg(json_build_object(
                'file_id', file.id, 'name', file.name, 'type', file.content_type, 'status', file.status,
                'tag', photo.tag, 'created_at', photo.created_at
            ) ORDER BY photo.id), '[]')::text
         FROM visits_visitphoto photo JOIN files_attachment file ON file.id = photo.attachment_id
         WHERE photo.visit_id = v.id),
        (SELECT coalesce(json_agg(json_build_object(
                'id', comment.id, 'author', json_build_object('id', author.id, 'name', author.name),
                'text', comment.text, 'created_at', comment.created_at
            ) ORDER BY comment.created_at, comment.id), '[]')::text
         FROM visits_visitcomment comment JOIN directory_employee author ON author.id = comment.author_id
         WHERE comment.visit_id = v.id),
        (SELECT json_build_object(
                'count', count(*),
                'mine', coalesce(bool_or(given.employee_id = %(me)s), false),
                'people', coalesce(json_agg(json_build_object('id', given.employee_id, 'name', given.name)
                    ORDER BY given.place) FILTER (WHERE given.place <= {MOST_PEOPLE}), '[]'))::text
         FROM (SELECT one.employee_id, person.name, row_number() OVER (ORDER BY one.id) AS place
               FROM visits_visitlike one JOIN directory_employee person ON person.id = one.employee_id
               WHERE one.visit_id = v.id AND one.taken_back_at IS NULL) AS given),
        (SELECT json_build_object(
                'count', count(*),
                'mine', coalesce(bool_or(reading.employee_id = %(me)s), false),
                'people', coalesce(json_agg(json_build_object(
                        'employee', json_build_object('id', reading.employee_id, 'name', reading.name),
                        'read_at', reading.read_at
                    ) ORDER BY reading.place) FILTER (WHERE reading.place <= {MOST_PEOPLE}), '[]'))::text
         FROM (SELECT one.employee_id, one.read_at, person.name, row_number() OVER (ORDER BY one.id) AS place
               FROM visits_visitreading one JOIN directory_employee person ON person.id = one.employee_id
               WHERE one.visit_id = v.id) AS reading),
        v.missing_actions, asked.number, template.id, template.name, asked.actions::text,
        CASE WHEN asked.id IS NOT NULL THEN ({progress.ANSWERS})::text END,
        CASE WHEN asked.id IS NOT NULL THEN ({progress.PHOTOS})::text END
    {_SEEN}
""".format(visit="v.id")  # noqa: S608


class VisitScreen(NamedTuple):
    """All about one visit. `reasons` and all from `companions` to `readings` are JSON as the database wrote it, and the
    last three, for `progress`."""

    stamp: str
    id: UUID
    version: int
    status: str
    purpose: str
    plan_id: UUID | None
    department_id: UUID
    started_at: datetime
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    closed_by: str
    captured_at: datetime | None
    skew_s: float | None
    kept_back_s: float
    check_out_kept_back_s: float
    device_id: str
    lat: float | None
    lng: float | None
    accuracy_m: float | None
    distance_m: float | None
    verdict: str
    reasons: str
    cancel_reason: str
    summary: str
    next_step: str
    next_on: date | None
    decision: str
    decision_reason: str
    decided_at: datetime | None
    decided_by_id: UUID | None
    decided_by_name: str | None
    customer_id: UUID
    customer_name: str
    owner_id: UUID
    owner_name: str
    companions: str
    photos: str
    comments: str
    likes: str
    readings: str
    missing_actions: list[str]
    template_number: int | None
    template_id: UUID | None
    template_name: str | None
    actions: str | None
    answers: str | None
    tagged: str | None

    @property
    def progress(self) -> progress.Progress:
        return progress.Progress.read(self.actions, self.answers, self.tagged) if self.actions else progress.NONE


def visit_stamp(*, actor: Actor, visit_id: UUID) -> str:
    """The stamp of the screen alone, for a phone that holds the screen already. Raises NotFound."""
    actor.require("visit.read")
    return str(_one(f"SELECT {_STAMP} {_SEEN}", actor, visit_id)[0])


def visit_screen(*, actor: Actor, visit_id: UUID) -> VisitScreen:
    """Raises NotFound, also for a hidden one."""
    actor.require("visit.read")
    return VisitScreen(*_one(_SCREEN, actor, visit_id))


def _one(sql: str, actor: Actor, visit_id: UUID) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**who_asks(actor), "whole_company": sees_whole_company(actor), "id": visit_id})
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise NotFound()
    return row


def who_asks(actor: Actor) -> dict[str, Any]:
    return {
        "company": actor.company_id,
        "me": actor.employee_id,
        "departments": list(actor.departments(Visit.resource)),
    }


def sees_whole_company(actor: Actor) -> bool:
    return actor.scope(Visit.resource) == Scope.COMPANY
