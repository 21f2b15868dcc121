"""What the team did, newest first, with all that a card shows of each visit: two statements, however long the page."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from backend.core.actor import Actor
from backend.directory.selectors import subtree_of
from backend.files import selectors as files
from backend.files.models import Attachment
from backend.visits.rules import Verdict
from backend.visits.selectors import hot

SIFTED_BACK = timedelta(days=30)
"""Unread ones and those of one verdict are looked for so far back, unless a first day is named: what is rare would have
to be searched for through all the years."""
PHOTOS_SHOWN = 3


class Thumbnail(NamedTuple):
    file_id: UUID
    link: str | None
    """None until the file is ready."""


class Card(NamedTuple):
    visit: hot.VisitRow
    summary: str
    next_step: str
    next_on: date | None
    comments: int
    likes: int
    liked: bool
    """By the reader."""
    read: bool
    """By the reader; his own are."""
    actions: int
    """Of its template, answered."""
    photos: int
    """With voice notes and videos."""
    thumbnails: tuple[Thumbnail, ...] = ()
    """Of the first pictures."""


class Sieve(NamedTuple):
    """What a feed is narrowed to."""

    owner_id: UUID | None = None
    department_id: UUID | None = None
    """With everything below it."""
    verdict: Verdict | None = None
    unread: bool = False


_MORE = """, visit.summary, visit.next_step, visit.next_on,
    (SELECT count(*) FROM visits_visitcomment comment WHERE comment.visit_id = v.id),
    (SELECT count(*) FROM visits_visitlike given WHERE given.visit_id = v.id AND given.taken_back_at IS NULL),
    EXISTS (SELECT FROM visits_visitlike given
        WHERE given.visit_id = v.id AND given.employee_id = %(me)s AND given.taken_back_at IS NULL),
    v.owner_id = %(me)s OR EXISTS (SELECT FROM visits_visitreading reading
        WHERE reading.visit_id = v.id AND reading.employee_id = %(me)s),
    (SELECT count(*) FROM visits_actionanswer answer WHERE answer.visit_id = v.id AND answer.counts),
    (SELECT count(*) FROM visits_visitphoto photo WHERE photo.visit_id = v.id)
"""
_JOINED = "JOIN visits_visit visit ON visit.id = v.id"
_OF_OWNER = f"""
    SELECT {hot.SHOWN} FROM visits_visit v WHERE v.owner_id = %(owner)s AND (%(whole_company)s
        OR v.owner_id = %(me)s OR v.department_id = ANY(%(departments)s::uuid[]) OR EXISTS (
            SELECT FROM documents_share share WHERE share.employee_id = %(me)s AND share.document_id = v.id
            AND share.document_type = 'visits.visit')) {hot.PAGE}
"""  # noqa: S608
LINKED = [
    field.attname
    for field in Attachment._meta.concrete_fields
    if field.name in {"id", "name", "content_type", "status", "original"}
]
"""What a link is made of, in the order of the model, as `from_db` takes it; what was read of a photo is long."""
_PICTURES = f"""
    SELECT picture.* FROM unnest(%s::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT photo.visit_id, {", ".join(f"file.{name}" for name in LINKED)}, file.derivatives ->> 'thumbnail'
        FROM visits_visitphoto photo JOIN files_attachment file ON file.id = photo.attachment_id
        WHERE photo.visit_id = wanted.id AND file.content_type LIKE 'image/%%'
        ORDER BY photo.id LIMIT {PHOTOS_SHOWN}
    ) AS picture
"""  # noqa: S608
_UNREAD = """AND v.owner_id <> %(me)s AND NOT EXISTS (SELECT FROM visits_visitreading reading
    WHERE reading.visit_id = v.id AND reading.employee_id = %(me)s)"""


def feed(
    *,
    actor: Actor,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sieve: Sieve = Sieve(),
    at: datetime,
) -> list[Card]:
    """As `cards`, with the first pictures of each."""
    found = cards(actor=actor, limit=limit, before=before, since=since, until=until, sieve=sieve, at=at)
    pictures = _thumbnails([card.visit.id for card in found if card.photos], at)
    return [card._replace(thumbnails=tuple(pictures.get(card.visit.id, ()))) for card in found]


def cards(
    *,
    actor: Actor,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sieve: Sieve = Sieve(),
    at: datetime,
) -> list[Card]:
    """At most `limit` visits with a check-in that the actor sees, as `hot.newest_visits`."""
    actor.require("visit.read")
    sifted = sieve.unread or sieve.verdict is not None
    since = since or (at - SIFTED_BACK if sifted else None)
    start, pk = min(before or hot.END, (until, hot.FIRST_ID) if until else hot.END)
    given: dict[str, Any] = hot.who_asks(actor) | {"me": actor.person_id, "before": start, "before_id": pk}
    whole_company = hot.sees_whole_company(actor)
    within = subtree_of(sieve.department_id) if sieve.department_id else None
    if within is not None:
        given["within"] = list(within)
        given["departments"] = [one for one in within if whole_company or one in given["departments"]]
    given |= {"since": since, "owner": sieve.owner_id, "whole_company": whole_company}
    source = "owner" if sieve.owner_id else "company" if whole_company and within is None else "actor"
    sql = _sql(source, limit, since is not None, within is not None, sieve.verdict, sieve.unread)
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows = cursor.fetchall()
    shown = len(hot.VisitRow._fields)
    return [Card(hot.VisitRow(*row[:shown]), *row[shown:]) for row in rows]


@cache
def _sql(source: str, limit: int, since: bool, within: bool, verdict: Verdict | None, unread: bool) -> str:
    conditions = ["AND v.checked_in_at IS NOT NULL"]
    if within:
        conditions.append("AND v.department_id = ANY(%(within)s::uuid[])")
    if verdict is not None:
        conditions.append(f"AND v.verdict = '{Verdict(verdict)}'")
    if unread:
        conditions.append(_UNREAD)
    form = {"owner": _OF_OWNER, "company": hot.OF_COMPANY, "actor": hot.OF_ACTOR}[source]
    seen = form.format(
        status=" ".join(conditions), since="AND v.started_at >= %(since)s" if since else "", limit=int(limit)
    )
    return hot.LIST.format(seen=seen, limit=int(limit), more=_MORE, joined=_JOINED)


def _thumbnails(visit_ids: Collection[UUID], at: datetime) -> dict[UUID, list[Thumbnail]]:
    found: dict[UUID, list[Thumbnail]] = {}
    if not visit_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_PICTURES, [list(visit_ids)])
        for visit_id, *values, thumbnail in cursor.fetchall():
            file = Attachment.from_db(connection.alias, LINKED, values)
            file.derivatives = {"thumbnail": thumbnail} if thumbnail else {}
            found.setdefault(visit_id, []).append(Thumbnail(file.pk, files.thumbnail_link(file, at=at)))
    return found
