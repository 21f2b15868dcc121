"""What the job of an uploaded file does. A worker may be killed anywhere: each portion marks in its own transaction how
far the file is, and the next worker goes on from there."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F

from backend.core import clock
from backend.core.actor import Actor
from backend.core.forgetting import forget
from backend.core.spreadsheets import BadFile, ColumnMissing, FileTooLarge
from backend.customers.models import CustomerImport, CustomerImportRow
from backend.customers.sheet import planning, reading, writing
from backend.customers.sheet.known import House, house_of, known_of
from backend.directory.models import Employee
from backend.directory.selectors import actor_for
from backend.events import services as events

AT_ONCE = 500
STORED_AT_ONCE = 2000
COLLISIONS = 3
"""How often one portion is tried where others take codes at that very moment."""
Phase, Reason, Outcome, Result = (
    CustomerImport.Phase,
    CustomerImport.Reason,
    CustomerImportRow.Outcome,
    CustomerImportRow.Result,
)
FAULTS: dict[type[Exception], str] = {
    BadFile: Reason.BAD_FILE,
    FileTooLarge: Reason.FILE_TOO_LARGE,
    ColumnMissing: Reason.COLUMN_MISSING,
}


_KEEP = f"""
    UPDATE {CustomerImportRow._meta.db_table} AS kept
    SET outcome = said.outcome, customer_id = said.customer_id, version = said.version, changes = said.changes,
        problems = said.problems, result = ''
    FROM jsonb_to_recordset(%s::jsonb)
        AS said (id bigint, outcome text, customer_id uuid, version int, changes jsonb, problems jsonb)
    WHERE kept.id = said.id
"""  # noqa: S608  # only a name from above


class Refused(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def work_on(import_id: UUID) -> bool:
    """At least once; False where another worker has it or it is not due."""
    return CustomerImport.perform(import_id, _work)


def _work(file: CustomerImport) -> None:
    try:
        if file.phase == Phase.READING:
            _read(file)
        if file.phase in (Phase.COMPARING, Phase.APPLYING):
            portion = _compare_portion if file.phase == Phase.COMPARING else _apply_portion
            while _done(portion, file, house_of(_uploader(file))):
                file.hold_on()
    except Refused as exc:
        _fail(file, exc.reason, at=clock.now())


def _uploader(file: CustomerImport) -> Actor:
    """With his rights of this moment. Raises Refused."""
    person = Employee.objects.get(pk=file.created_by_id)
    actor = actor_for(person)
    if not (person.is_active and actor.may("customer.import") and actor.may("customer.write")):
        raise Refused(Reason.FORBIDDEN)
    return actor


def _done(portion: object, file: CustomerImport, house: House) -> bool:
    """One portion, again where somebody took a code at that moment; whether there are more."""
    for left in reversed(range(COLLISIONS)):
        try:
            return bool(portion(file, house, at=clock.now()))  # type: ignore[operator]
        except IntegrityError:
            if not left:
                raise
    return False


def _read(file: CustomerImport) -> None:
    file.hold_on(rows_done=0)
    forget(file.rows.all())  # of a worker that was killed while it stored them
    try:
        table = reading.read(bytes(file.content), company_id=file.company_id)
    except tuple(FAULTS) as exc:
        raise Refused(FAULTS[type(exc)]) from exc
    file.hold_on()
    at, total = clock.now(), len(table.lines)
    while table.lines:  # from the end: pages show the newest key first, and what is stored is let go of
        lines = table.lines[-STORED_AT_ONCE:]
        del table.lines[-STORED_AT_ONCE:]
        CustomerImportRow.objects.bulk_create(
            CustomerImportRow(
                company_id=file.company_id,
                file=file,
                number=line.number,
                cells=line.cells,
                traps=line.traps,
                created_at=at,
            )
            for line in reversed(lines)
        )
        file.hold_on(rows_done=F("rows_done") + len(lines))
    file.hold_on(
        phase=Phase.COMPARING,
        content=b"",
        headings=table.headings,
        ignored=table.ignored,
        rows_total=total,
        rows_done=0,
        mark=0,
    )
    file.phase, file.content, file.mark = Phase.COMPARING, b"", 0


@transaction.atomic
def _compare_portion(file: CustomerImport, house: House, *, at: datetime) -> bool:
    file.lock()
    stored = CustomerImport.objects.defer("content").get(pk=file.pk)
    rows = list(file.rows.filter(number__gt=stored.mark).order_by("number")[:AT_ONCE])
    seen = bytes(stored.seen) if stored.mark else b""
    if not rows:
        counts = dict.fromkeys(Outcome.values, 0)
        counts |= dict(file.rows.values_list("outcome").annotate(rows=Count("pk")).order_by())
        seen = seen or hashlib.sha256(b"").digest()
        _update(file, phase=Phase.PREVIEWED, counts=counts, previewed_at=at, seen=seen)
        told = {"name": file.name, "rows": sum(counts.values()), "outcomes": counts}
        events.record("customer_import.previewed", file, actor=Actor.system(file.company_id), at=at, **told)
        return False
    known = known_of(house, rows)
    said = [planning.plan(row, house, known, file.alike).said() for row in rows]
    _keep([{"id": row.pk, **told} for row, told in zip(rows, said, strict=True)])
    seen = hashlib.sha256(seen + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
    _update(file, mark=rows[-1].number, rows_done=F("rows_done") + len(rows), seen=seen)
    return True


@transaction.atomic
def _apply_portion(file: CustomerImport, house: House, *, at: datetime) -> bool:
    file.lock()
    _one_at_a_time(file.company_id)
    stored = CustomerImport.objects.defer("content").get(pk=file.pk)
    rows = list(file.rows.filter(number__gt=stored.mark).order_by("number")[:AT_ONCE])
    if not rows:
        _update(file, phase=Phase.APPLIED, applied_at=at)
        told = {"name": file.name, "rows": stored.rows_applied, "outdated": stored.rows_outdated}
        events.record("customer_import.applied", file, actor=Actor.system(file.company_id), at=at, **told)
        return False
    wanted = [row for row in rows if row.outcome in (Outcome.CREATED, Outcome.CHANGED)]
    known = known_of(house, wanted, lock=True)
    steps = [planning.plan(row, house, known, file.alike) for row in wanted]
    good = [step for step in steps if step.is_as_seen]
    taken, left = {step.row.pk for step in good}, {step.row.pk for step in steps if not step.is_as_seen}
    writing.carry_out(good, known, actor=house.actor, at=at)
    file.rows.filter(pk__in=taken).update(result=Result.APPLIED)
    changed = [{"column": "code", "code": "changed_since", "about": {}}]
    file.rows.filter(pk__in=left).update(result=Result.OUTDATED, problems=changed)
    _update(
        file,
        mark=rows[-1].number,
        rows_done=F("rows_done") + len(rows),
        rows_applied=F("rows_applied") + len(taken),
        rows_outdated=F("rows_outdated") + len(left),
    )
    return True


def _keep(said: list[dict[str, Any]]) -> None:
    """One statement for all rows: the ORM's would name each row once for each column."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [orjson.dumps(said, default=str).decode()])


def _update(file: CustomerImport, **columns: object) -> None:
    CustomerImport.objects.filter(pk=file.pk).update(**columns)


def _one_at_a_time(company_id: UUID) -> None:
    """Portions of two imports alternate: neither waits for what the other holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{company_id} customers import"])


@transaction.atomic
def _fail(file: CustomerImport, reason: str, *, at: datetime) -> None:
    file.lock()
    _update(file, phase=Phase.FAILED, reason=reason)
    told = {"name": file.name, "reason": reason}
    events.record("customer_import.failed", file, actor=Actor.system(file.company_id), at=at, **told)
