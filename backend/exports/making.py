"""What the job does. A worker may be killed anywhere: the file is made anew, under a name of its own, and the one
transaction at the end that names it also records it."""

from datetime import datetime
from secrets import randbelow
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django.db import transaction
from django.utils import translation

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.core.workbooks import MOST_ROWS, XLSX, SheetWriter, writing
from backend.directory.models import Employee
from backend.directory.selectors import actor_for, timezone_of
from backend.events import services as events
from backend.exports import kinds
from backend.exports.models import Export
from backend.exports.services import KEPT
from backend.files import storage

Reason = Export.Reason


class Refused(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def make(export_id: UUID) -> bool:
    """At least once; False where another worker has it or it is not due."""
    return Export.perform(export_id, _make)


def _make(export: Export) -> None:
    if export.file_key or export.reason:
        return  # done before, by a worker that did not live to say so
    key = f"{export.folder}/export-{randbelow(10**9)}"  # whoever has outlived his lease writes beside it, not into it
    try:
        with TemporaryFile() as file, translation.override(_language(export)):
            columns, reach = _write(export, file)
            size = file.seek(0, 2)
            file.seek(0)
            storage.current().write(key, file, content_type=XLSX)
            export.hold_on()
            _settle(export, key=key, size=size, columns=columns, reach=reach, at=clock.now())
    except (Refused, DomainError) as exc:
        storage.current().delete([key])
        _refuse(export, exc.reason if isinstance(exc, Refused) else Reason.FORBIDDEN, at=clock.now())


def _write(export: Export, file: IO[bytes]) -> tuple[list[str], kinds.Reach]:
    """The whole workbook; keys of its columns, and what its reader must be allowed to see."""
    actor, kind = _requester(export), kinds.named(export.kind)
    total = kind.count(actor, export.filters)
    if total > MOST_ROWS:
        raise Refused(Reason.TOO_MANY_ROWS)
    columns = kinds.shown_to(actor, kind.columns(actor, export.filters))
    keys = [column.key for column in columns]
    export.hold_on(rows_done=0, rows_total=total)
    with writing(file) as book:
        sheet = SheetWriter(book, str(kind.name)[:31], [column.heading for column in columns])
        for rows in kind.portions(actor, export.filters, keys):
            if sheet.rows + len(rows) > MOST_ROWS:
                raise Refused(Reason.TOO_MANY_ROWS)
            sheet.add(rows)
            export.hold_on(rows_done=sheet.rows)
    export.rows_done = sheet.rows
    return keys, kinds.Reach.of(actor, kind, columns)


def _requester(export: Export) -> Actor:
    """With his rights of this moment. Raises Refused."""
    person = Employee.objects.get(pk=export.requested_by_id)
    if not person.is_active:
        raise Refused(Reason.LEFT)
    actor = actor_for(person)
    if not all(map(actor.may, kinds.named(export.kind).capabilities)):
        raise Refused(Reason.FORBIDDEN)
    return actor


@transaction.atomic
def _settle(export: Export, *, key: str, size: int, columns: list[str], reach: kinds.Reach, at: datetime) -> None:
    """Unless another worker has the row by now, or some of the rights it was made with are gone."""
    export.lock()
    kind = kinds.named(export.kind)
    if not reach.within(_requester(export), kind):
        raise Refused(Reason.FORBIDDEN)
    day = clock.today_in(timezone_of(company_id=export.company_id), at)
    name = f"{kind.name}-{day:%Y%m%d}.xlsx"
    Export.objects.filter(pk=export.pk).update(
        file_key=key, size=size, name=name, reach=list(reach), expires_at=at + KEPT
    )
    told = {"kind": export.kind, "rows": export.rows_done, "columns": columns}
    events.record("export.ready", export, actor=Actor.system(export.company_id), at=at, **told)


@transaction.atomic
def _refuse(export: Export, reason: str, *, at: datetime) -> None:
    export.lock()
    Export.objects.filter(pk=export.pk).update(reason=reason)
    told = {"kind": export.kind, "reason": reason}
    events.record("export.failed", export, actor=Actor.system(export.company_id), at=at, **told)


def _language(export: Export) -> str:
    return Employee.objects.values_list("language", flat=True).get(pk=export.requested_by_id)
