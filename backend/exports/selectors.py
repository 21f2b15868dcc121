from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.workbooks import XLSX
from backend.exports import kinds
from backend.exports.models import Export
from backend.files import storage
from backend.files.selectors import LINK_WINDOW, link_window


def get_export(*, actor: Actor, export_id: UUID) -> Export:
    """His own. Raises NotFound."""
    export: Export | None = Export.objects.visible_to(actor).filter(pk=export_id).first()  # type: ignore[attr-defined]
    if export is None:
        raise NotFound()
    return export


def list_exports(*, actor: Actor) -> QuerySet[Export]:
    """His own, newest first, as long as they are kept."""
    rows: QuerySet[Export] = Export.objects.visible_to(actor)  # type: ignore[attr-defined]
    return rows.order_by("-created_at", "-pk")


def link(export: Export, *, actor: Actor, at: datetime) -> tuple[str, datetime] | None:
    """An address that gives the file without a token, and until when; None where there is none to give, and for whoever
    sees less by now than it holds."""
    if export.state(at) != Export.State.READY:
        return None
    if not export.reach or not kinds.Reach(*export.reach).within(actor, kinds.named(export.kind)):
        return None
    expires_at: datetime = min(link_window(at) + 2 * LINK_WINDOW, export.expires_at)
    return storage.current().link(_stored(export), expires_at=expires_at), expires_at


def stored_file(id: UUID, variant: str) -> storage.Stored | None:
    """For the local storage's links, whose signature has been checked."""
    export = Export.objects.exclude(file_key="").filter(pk=id, expires_at__gt=clock.now()).first()
    if export is None or export.file_key.rpartition("/")[2] != variant:
        return None
    return _stored(export)


def _stored(export: Export) -> storage.Stored:
    return storage.Stored(
        attachment_id=export.pk, key=export.file_key, name=export.name, content_type=XLSX, inline=False
    )
