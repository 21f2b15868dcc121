from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused, TooMany
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory.services import people
from backend.documents.once import fingerprint
from backend.events import services as events
from backend.events.owed import wake_dispatcher
from backend.exports import kinds
from backend.exports.models import Export
from backend.files import storage

KEPT = timedelta(days=7)
MOST_AT_ONCE = 3
"""Under way for one person."""
FORGOTTEN_AT_ONCE = 100


class TooManyExports(TooMany):
    """Carries `limit`."""

    code = "too_many_exports"
    message = bilingual(
        "您有多个导出正在进行，请等待完成后再试。", "Several exports of yours are under way. Wait until one is done."
    )


@transaction.atomic
def ask(
    *, actor: Actor, kind: str, filters: Mapping[str, Any], id: UUID | None = None, at: datetime
) -> tuple[Export, bool]:
    """Owe the actor this file: the export and True; sent again, the stored one and False. The rights that count are
    those he has when it is made.

    Raises IdReused, TooManyExports, Forbidden, and what the kind says is wrong with the filters.
    """
    what = kinds.named(kind)
    for capability in what.capabilities:
        actor.require(capability)
    what.check(actor, filters)
    people.one_at_a_time(actor=actor)
    stamp = fingerprint({"kind": kind, "filters": filters})
    mine = Export.objects.filter(requested_by_id=actor.person_id)
    if id is not None and (stored := mine.filter(pk=id).first()) is not None:
        if bytes(stored.created_from) != stamp:
            raise IdReused()
        return stored, False
    if mine.filter(status=Export.Status.PENDING).count() >= MOST_AT_ONCE:
        raise TooManyExports(retry_after_s=60, limit=MOST_AT_ONCE)
    try:
        with transaction.atomic():
            export = Export.objects.create(
                id=id or new_id(),
                company_id=actor.company_id,
                requested_by_id=actor.person_id,
                kind=kind,
                filters=dict(filters),
                created_from=stamp,
                due_at=at,
                expires_at=at + KEPT,
            )
    except IntegrityError as exc:
        raise IdReused() from exc
    events.record("export.asked", export, actor=actor, at=at, kind=kind, filters=dict(filters))
    wake_dispatcher()
    return export, True


@commits_in_steps("a file, then its row; a network call has no place inside a transaction")
def forget_old(*, at: datetime) -> int:
    """Delete files that were kept long enough, and the rows with them; how many. Repeatable, safe to interrupt."""
    total = 0
    while due := list(Export.objects.filter(expires_at__lt=at).order_by("expires_at")[:FORGOTTEN_AT_ONCE]):
        for export in due:
            storage.current().delete_folder(export.folder)
            total += Export.objects.filter(pk=export.pk).delete()[0]
    return total
