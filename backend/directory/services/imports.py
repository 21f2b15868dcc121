"""Importing departments and employees from a file: uploaded and previewed, looked at, then applied as it was seen."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, IdReused, NotFound
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps, may_take
from backend.directory.guards import hold_company
from backend.directory.models import DirectoryImport, DirectoryImportRow
from backend.directory.people_file import judging, reading, state, writing
from backend.directory.people_file.planning import Plan
from backend.directory.people_file.reading import Table
from backend.events import services as events

AT_ONCE = 1000
LONGEST_S = 600
"""A minute and a half is what 20,000 new people take where ten others compute on two processors."""
Status, Rows = DirectoryImport.Status, DirectoryImport.Rows


class ImportHasErrors(Conflict):
    code = "import_has_errors"
    message = bilingual(
        "文件中有错误的行。请改正后重新上传，或只导入无误的行。",
        "Some rows are in error. Correct and upload the file again, or import the good rows only.",
    )


class PreviewOutdated(Conflict):
    code = "preview_outdated"
    message = bilingual(
        "预览之后组织架构已有变化，请重新预览。", "The directory has changed since the preview. Preview again."
    )


@commits_in_steps("reads the file in a process of its own, which no lock waits for")
def upload(
    *, actor: Actor, id: UUID | None = None, name: str, content: bytes, at: datetime
) -> tuple[DirectoryImport, bool]:
    """Keep the file and what it would change, and change nothing: the import and True; sent again, the stored one and
    False, previewed anew unless it is applied.

    Raises BadFile, FileTooLarge, ColumnMissing, IdReused.
    """
    actor.require("directory.manage")
    return _keep(actor, id or new_id(), name, content, reading.read(content), at)


@commits_in_steps("reads the file in a process of its own, which no lock waits for")
def preview_again(*, actor: Actor, import_id: UUID, at: datetime) -> DirectoryImport:
    """As things are now. One that is applied stays as it is. Raises NotFound."""
    found = _get(actor, import_id)
    if found.status == Status.APPLIED:
        return found
    content = bytes(found.content)
    return _keep(actor, found.pk, found.name, content, reading.read(content), at)[0]


@commits_in_steps("reads the file in a process of its own, which no lock waits for")
def apply(*, actor: Actor, import_id: UUID, preview: str, rows: str = Rows.ALL, at: datetime) -> DirectoryImport:
    """Carry out the preview of this digest, in one transaction: all of it, or the good rows alone. Twice is once.

    Raises NotFound, PreviewOutdated where that is not what would be done by now, ImportHasErrors.
    """
    found = _get(actor, import_id)
    if found.status == Status.APPLIED:
        return found
    return _apply(actor, found.pk, reading.read(bytes(found.content)), preview, Rows(rows), at)


def _get(actor: Actor, import_id: UUID) -> DirectoryImport:
    actor.require("directory.manage")
    found = DirectoryImport.objects.filter(pk=import_id, company_id=actor.company_id).first()
    if found is None:
        raise NotFound()
    return found


@transaction.atomic
def _keep(
    actor: Actor, id: UUID, name: str, content: bytes, table: Table, at: datetime
) -> tuple[DirectoryImport, bool]:
    may_take(LONGEST_S)
    hold_company(actor)
    digest = hashlib.sha256(content).digest()
    kept = DirectoryImport.objects.select_for_update().filter(pk=id).first()
    if kept is not None and (kept.company_id != actor.company_id or bytes(kept.digest) != digest):
        raise IdReused()
    if kept is not None and kept.status == Status.APPLIED:
        return kept, False
    rows = list(_rows(judging.plan(table, state.load(actor), actor)))
    made = kept or DirectoryImport(
        id=id,
        company_id=actor.company_id,
        name=name[-255:],
        digest=digest,
        content=content,
        created_by_id=actor.employee_id,
        created_at=at,
    )
    made.seen, made.previewed_at, made.ignored, made.counts = _digest(rows), at, table.ignored, _counts(rows)
    made.save()
    made.rows.all().delete()
    told = [DirectoryImportRow(company_id=actor.company_id, file=made, created_at=at, **row) for row in reversed(rows)]
    DirectoryImportRow.objects.bulk_create(told, batch_size=AT_ONCE)
    return made, kept is None


@transaction.atomic
def _apply(actor: Actor, import_id: UUID, table: Table, preview: str, rows: str, at: datetime) -> DirectoryImport:
    may_take(LONGEST_S)
    hold_company(actor)
    found = DirectoryImport.objects.select_for_update().filter(pk=import_id, company_id=actor.company_id).first()
    if found is None:
        raise NotFound()
    if found.status == Status.APPLIED:
        return found
    held = state.load(actor)
    plan = judging.plan(table, held, actor)
    if not _digest(list(_rows(plan))).hex() == found.preview == preview:
        raise PreviewOutdated()
    if found.errors and rows == Rows.ALL:
        raise ImportHasErrors(rows_in_error=found.errors)
    writing.carry_out(plan, held, actor=actor, at=at)
    found.status, found.rows_taken, found.content = Status.APPLIED, rows, b""
    found.applied_at, found.applied_by_id = at, actor.employee_id
    found.save(update_fields=["status", "rows_taken", "content", "applied_at", "applied_by"])
    told = {"name": found.name, "sha256": bytes(found.digest).hex(), "rows_taken": str(rows), "counts": found.counts}
    events.record("directory.imported", found, actor=actor, at=at, **told)
    return found


def _rows(plan: Plan) -> Iterable[dict[str, Any]]:
    """As the preview keeps them, in the order of the file."""
    for step in plan.steps:
        yield {
            "sheet": step.line.kind,
            "number": step.line.number,
            "key": step.key[:64],
            "outcome": step.outcome,
            "changes": [asdict(change) for change in step.changes],
            "problems": [asdict(problem) for problem in step.problems],
        }


def _digest(rows: list[dict[str, Any]]) -> bytes:
    return hashlib.sha256(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)).digest()


def _counts(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    outcomes = DirectoryImportRow.Outcome.values
    counts = {sheet: dict.fromkeys(outcomes, 0) for sheet in DirectoryImportRow.Sheet.values}
    for row in rows:
        counts[row["sheet"]][row["outcome"]] += 1
    return counts
