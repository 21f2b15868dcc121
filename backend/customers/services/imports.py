"""Importing customers from a file: uploaded, compared by a job, looked at, then applied by a job as it was seen."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, IdReused, NotFound
from backend.core.forgetting import forget
from backend.core.ids import new_id
from backend.core.spreadsheets import MAX_BYTES, FileTooLarge
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.customers.models import CustomerImport, CustomerImportRow
from backend.directory.services import people
from backend.events import services as events
from backend.events.owed import wake_dispatcher

KEPT = timedelta(days=30)
"""Files and previews hold what people are called and how they are reached; what an import did is in the events."""
MOST_AT_ONCE = 2
"""Under way for one person."""
Phase, Alike, Rows = CustomerImport.Phase, CustomerImport.Alike, CustomerImport.Rows


class ImportUnderWay(Conflict):
    code = "import_under_way"
    message = bilingual("该文件正在处理，请等待完成。", "The file is being worked on. Wait until that is done.")


class ImportsUnderWay(Conflict):
    """Carries `limit`."""

    code = "imports_under_way"
    message = bilingual("您有多个导入正在进行，请等待完成。", "Several imports of yours are under way. Wait for one.")


class CustomerImportHasErrors(Conflict):
    """Carries `rows_in_error`."""

    code = "import_has_errors"
    message = bilingual(
        "文件中有错误的行。请改正后重新上传，或只导入无误的行。",
        "Some rows are in error. Correct and upload the file again, or import the good rows only.",
    )


class CustomerPreviewOutdated(Conflict):
    code = "preview_outdated"
    message = bilingual("这不是最新的预览，请重新查看。", "This is not the latest preview. Look again.")


@transaction.atomic
def upload(
    *, actor: Actor, id: UUID | None = None, name: str, content: bytes, alike: str = Alike.SKIP, at: datetime
) -> tuple[CustomerImport, bool]:
    """Keep the file, owe its preview, and change nothing: the import and True; sent again, the stored one and False.

    Raises FileTooLarge, IdReused, ImportsUnderWay.
    """
    _require(actor)
    if len(content) > MAX_BYTES:
        raise FileTooLarge()
    people.one_at_a_time(actor=actor)
    digest = hashlib.sha256(content).digest()
    mine = CustomerImport.objects.filter(created_by_id=actor.person_id).defer("content")
    if id is not None and (stored := mine.filter(pk=id).first()) is not None:
        if bytes(stored.digest) != digest:
            raise IdReused()
        return stored, False
    if mine.filter(status=CustomerImport.Status.PENDING).count() >= MOST_AT_ONCE:
        raise ImportsUnderWay(limit=MOST_AT_ONCE)
    try:
        with transaction.atomic():
            made = CustomerImport.objects.create(
                id=id or new_id(),
                company_id=actor.company_id,
                created_by_id=actor.person_id,
                name=name[-255:],
                digest=digest,
                content=content,
                alike=alike,
                due_at=at,
            )
    except IntegrityError as exc:
        raise IdReused() from exc
    wake_dispatcher()
    return made, True


@transaction.atomic
def preview_again(*, actor: Actor, import_id: UUID, alike: str, at: datetime) -> CustomerImport:
    """As things are now, and with this choice for likely duplicates. One that is applied stays as it is.

    Raises NotFound, ImportUnderWay.
    """
    found = _locked(actor, import_id)
    if found.phase == Phase.APPLIED or (found.is_working and found.phase != Phase.APPLYING and found.alike == alike):
        return found
    _require_idle(found)
    phase = Phase.COMPARING if found.rows_total is not None else Phase.READING
    return _owe(found, at, phase=phase, alike=alike, reason="")


@transaction.atomic
def apply(*, actor: Actor, import_id: UUID, preview: str, rows: str = Rows.ALL, at: datetime) -> CustomerImport:
    """Owe the carrying out of the preview of this digest: all of it, or the good rows alone. Twice is once.

    A row whose customer was changed since, or that would do something else by now, is left and reported. One that was
    given up half-way goes on from there. Raises NotFound, ImportUnderWay, CustomerPreviewOutdated,
    CustomerImportHasErrors.
    """
    found = _locked(actor, import_id)
    if found.phase in (Phase.APPLYING, Phase.APPLIED) and found.preview == preview and found.rows_taken == rows:
        # Where no worker survived the attempts, asking again is to go on behind the mark.
        return _owe(found, at, mark=found.mark, rows_done=found.rows_done) if found.why else found
    _require_idle(found)
    if found.phase != Phase.PREVIEWED or found.preview != preview:
        raise CustomerPreviewOutdated()
    errors = found.counts.get(CustomerImportRow.Outcome.ERROR, 0)
    if errors and rows == Rows.ALL:
        raise CustomerImportHasErrors(rows_in_error=errors)
    told = {"name": found.name, "sha256": bytes(found.digest).hex(), "rows_taken": str(rows), "counts": found.counts}
    events.record("customer_import.confirmed", found, actor=actor, at=at, **told)
    return _owe(found, at, phase=Phase.APPLYING, rows_taken=Rows(rows), rows_applied=0, rows_outdated=0)


@commits_in_steps("each portion for itself, so that no transaction grows long")
def forget_old(*, at: datetime) -> int:
    """Delete files and previews that are old; how many rows. Repeatable, and safe to interrupt."""
    old = CustomerImport.objects.filter(created_at__lt=at - KEPT)
    return forget(CustomerImportRow.objects.filter(file__in=old.values("pk"))) + forget(old)


def _require(actor: Actor) -> None:
    actor.require("customer.import")
    actor.require("customer.write")


def _locked(actor: Actor, import_id: UUID) -> CustomerImport:
    _require(actor)
    rows = CustomerImport.objects.filter(company_id=actor.company_id, created_by_id=actor.person_id)
    found = rows.defer("content").select_for_update().filter(pk=import_id).first()
    if found is None:
        raise NotFound()
    return found


def _require_idle(found: CustomerImport) -> None:
    if found.is_working:
        raise ImportUnderWay()


def _owe(found: CustomerImport, at: datetime, **changes: object) -> CustomerImport:
    """The next job of this file, from its first row on."""
    again = {"status": CustomerImport.Status.PENDING, "attempts": 0, "due_at": at, "enqueued_at": None}
    for name, value in {**again, "finished_at": None, "error": "", "mark": 0, "rows_done": 0, **changes}.items():
        setattr(found, name, value)
    found.save(update_fields=[*again, "finished_at", "error", "mark", "rows_done", *changes])
    wake_dispatcher()
    return found
