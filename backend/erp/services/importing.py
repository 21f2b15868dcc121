"""The same content as through the webhook, by file: checked row by row, applied through the same door.

A file may be imported again, whole or corrected: what is known already changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from backend.core import spreadsheets
from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.text import in_both
from backend.core.transactions import commits_in_steps
from backend.directory.selectors import timezone_of
from backend.erp import tables
from backend.erp.messages import OrderEvent, StockLevel, by_order
from backend.erp.models import ErpSystem, ImportFile, ImportRow
from backend.erp.services.incoming import Report, apply_order_events, apply_stock, receive

BATCH = 500
Watch = Callable[[Sequence[Any]], Iterable[Any]]
"""Passes on what it is given, and may show how far it has come."""


@dataclass(slots=True)
class Imported:
    """`applied` and `unchanged` count events or stock figures, `rows` are those that need attention."""

    applied: int = 0
    unchanged: int = 0
    rows: list[ImportRow] = field(default_factory=list)

    def count(self, status: str) -> int:
        return sum(row.status == status for row in self.rows)


def _unwatched(items: Sequence[Any]) -> Iterable[Any]:
    return items


@commits_in_steps("every order is a transaction of its own; a file of many orders must not lock them all")
def import_order_events(
    *,
    actor: Actor,
    system: ErpSystem,
    name: str,
    content: bytes,
    at: datetime,
    dry_run: bool = False,
    watch: Watch = _unwatched,
) -> Imported:
    """Take in a table of order events, CSV or XLSX; with `dry_run` only say what would happen.

    A row that cannot be taken is reported with number and reason and holds up no other. What speaks of an unknown
    order is parked in the inbox and applied when the order appears. Raises BadFile, FileTooLarge, ColumnMissing.
    """
    _check(actor, system)
    rows = spreadsheets.read(content, columns=tables.ORDER_EVENT_COLUMNS, required=tables.ORDER_EVENT_REQUIRED)
    file = _file(actor, system, ImportFile.Content.ORDER_EVENTS, name, content, at, dry_run)
    parsed = tables.order_events(rows, timezone=timezone_of(company_id=system.company_id), as_of=file.first_seen_at)
    rows_of = {event.name: numbers for event, numbers in parsed.items}
    imported, report = Imported(rows=_refused(file, parsed.refused)), Report()
    for number, events in watch(list(by_order(event for event, _ in parsed.items).items())):
        with _tried(dry_run):
            apply_order_events(system=system, number=number, events=events, report=report, at=at)
        if number in report.unknown_orders:
            imported.rows += _parked(file, number, [row for event in events for row in rows_of[event.name]])
            if not dry_run:
                _park(system, file, number, events, at)
    return _finished(file, imported, report, rows_of, at=at, dry_run=dry_run)


@commits_in_steps("a feed of a whole warehouse is taken over in batches")
def import_stock(
    *,
    actor: Actor,
    system: ErpSystem,
    name: str,
    content: bytes,
    at: datetime,
    dry_run: bool = False,
    watch: Watch = _unwatched,
) -> Imported:
    """Take in a table of stock figures; otherwise as `import_order_events`. Nothing is parked."""
    _check(actor, system)
    rows = spreadsheets.read(content, columns=tables.STOCK_COLUMNS, required=tables.STOCK_REQUIRED)
    file = _file(actor, system, ImportFile.Content.STOCK, name, content, at, dry_run)
    parsed = tables.stock_levels(rows, timezone=timezone_of(company_id=system.company_id), as_of=file.first_seen_at)
    rows_of: dict[str, list[int]] = {}
    for level, numbers in parsed.items:
        rows_of.setdefault(level.name, []).extend(numbers)
    imported, report = Imported(rows=_refused(file, parsed.refused)), Report()
    for batch in watch(list(_batches([level for level, _ in parsed.items]))):
        with _tried(dry_run):
            apply_stock(system=system, levels=batch, report=report, at=at)
    return _finished(file, imported, report, rows_of, at=at, dry_run=dry_run)


def _check(actor: Actor, system: ErpSystem) -> None:
    actor.require("erp.operate")
    if system.company_id != actor.company_id:
        raise NotFound()


def _file(
    actor: Actor, system: ErpSystem, kind: str, name: str, content: bytes, at: datetime, dry_run: bool
) -> ImportFile:
    """The record of this very content, also from an earlier run; a dry run leaves none."""
    identity = {"system": system, "content": kind, "digest": hashlib.sha256(content).digest()}
    rest = {
        "company_id": system.company_id,
        "name": name[-255:],
        "imported_by_id": actor.employee_id,
        "first_seen_at": at,
    }
    if dry_run:
        return ImportFile.objects.filter(**identity).first() or ImportFile(**identity, **rest)
    return ImportFile.objects.get_or_create(**identity, defaults=rest)[0]


@contextmanager
def _tried(dry_run: bool) -> Iterator[None]:
    """A transaction; in a dry run it is done in full, with every lock and constraint, and taken back."""
    with transaction.atomic():
        yield
        if dry_run:
            transaction.set_rollback(True)


def _batches(levels: Sequence[StockLevel]) -> Iterator[Sequence[StockLevel]]:
    for start in range(0, len(levels), BATCH):
        yield levels[start : start + BATCH]


def _park(system: ErpSystem, file: ImportFile, number: str, events: Sequence[OrderEvent], at: datetime) -> None:
    payload = {"events": [event.model_dump(mode="json", exclude_none=True) for event in events]}
    body = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    name = hashlib.sha256(bytes(file.digest) + number.encode()).hexdigest()
    receive(system=system, message_id=f"file-{name[:32]}", body=body, payload=payload, at=at)


def _refused(file: ImportFile, refused: Iterable[tuple[int, str]]) -> list[ImportRow]:
    return [
        ImportRow(company_id=file.company_id, number=number, status=ImportRow.Status.FAILED, reason=reason[:255])
        for number, reason in refused
    ]


def _parked(file: ImportFile, order_number: str, numbers: Iterable[int]) -> list[ImportRow]:
    reason = in_both(f"未知订单 {order_number}", f"unknown order {order_number}")
    return [
        ImportRow(company_id=file.company_id, number=number, status=ImportRow.Status.PARKED, reason=reason)
        for number in numbers
    ]


def _finished(
    file: ImportFile,
    imported: Imported,
    report: Report,
    rows_of: Mapping[str, list[int]],
    *,
    at: datetime,
    dry_run: bool,
) -> Imported:
    left_out = [(number, problem.reason) for problem in report.problems for number in rows_of[problem.about]]
    imported.rows = sorted(imported.rows + _refused(file, left_out), key=lambda row: row.number)
    imported.applied, imported.unchanged = report.applied, report.unchanged
    if not dry_run:
        _keep_record(file, imported, at)
    return imported


@transaction.atomic
def _keep_record(file: ImportFile, imported: Imported, at: datetime) -> None:
    """The latest run replaces what an earlier one of the same file left."""
    locked = ImportFile.objects.select_for_update().get(pk=file.pk)
    locked.rows.all().delete()
    for row in imported.rows:
        row.file = locked
    ImportRow.objects.bulk_create(imported.rows)
    locked.applied, locked.unchanged = imported.applied, imported.unchanged
    locked.parked = imported.count(ImportRow.Status.PARKED)
    locked.failed = imported.count(ImportRow.Status.FAILED)
    locked.finished_at = at
    locked.save(update_fields=["applied", "unchanged", "parked", "failed", "finished_at"])
