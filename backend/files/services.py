from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import DecimalField, FloatField
from django.db.models.functions import Cast, Round

from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.core.transactions import commits_in_steps
from backend.documents.once import Identity, create_once
from backend.events import services as events
from backend.events.owed import wake_dispatcher
from backend.files import bearers, keys, rules, storage
from backend.files.errors import (
    FileTooLarge,
    NotACaptionedKind,
    PartsDoNotFit,
    PartsMissing,
    SizeMismatch,
    TypeMismatch,
    TypeNotTaken,
    UploadMissing,
)
from backend.files.local_storage import LocalStorage, Readable
from backend.files.models import Attachment, FileJob
from backend.files.selectors import arrived_parts, get_attachment, require_owner, upload_of, withholds_original

GIVEN_UP_AFTER = timedelta(hours=72)
"""Then an upload that never came is refused, and whatever lies in its place is deleted. A visit counts photos that
a phone on a bad network has only declared so far; it must not for ever."""

Status = Attachment.Status


@transaction.atomic
def declare(
    *,
    actor: Actor,
    id: UUID | None,
    name: str,
    size: int,
    content_type: str,
    sha256: str,
    purpose: str,
    parts: Sequence[str] = (),
    at: datetime,
) -> tuple[Attachment, bool]:
    """Announce a file of `size` bytes; (attachment, whether it is new). Its bytes go to `selectors.upload_target`.

    With `parts`, the checksum of each `rules.PART_BYTES` of it, they go to `selectors.upload_parts` instead. Raises
    TypeNotTaken, FileTooLarge, PartsDoNotFit and IdReused.
    """
    if not rules.takes(purpose, content_type):
        raise TypeNotTaken(fields={"type": str(TypeNotTaken.message)})
    if size > (most := rules.KINDS[content_type].max_bytes):
        raise FileTooLarge(fields={"size": str(FileTooLarge.message)}, max_bytes=most)
    if parts and len(parts) != len(rules.part_sizes(size)):
        raise PartsDoNotFit(fields={"parts": str(PartsDoNotFit.message)}, part_bytes=rules.PART_BYTES)
    content: dict[str, Any] = {
        "name": name,
        "size": size,
        "content_type": content_type,
        "sha256": sha256.lower(),
        "purpose": purpose,
    }
    if parts:  # without them the fingerprint is that of files declared before there were any
        content["parts"] = [sha256.lower() for sha256 in parts]

    def create(identity: Identity) -> Attachment:
        attachment: Attachment = Attachment.objects.create(**identity, **content)
        FileJob.objects.create(
            company_id=actor.company_id, attachment=attachment, revision=0, due_at=at + GIVEN_UP_AFTER
        )
        events.record("file.declared", attachment, actor=actor, at=at, name=name, purpose=purpose, size=size)
        return attachment

    return create_once(Attachment, id=id, actor=actor, content=content, create=create)


@commits_in_steps("streams a request into a file; nothing in the database changes")
def receive(*, attachment_id: UUID, part: int = 0, content_type: str, announced: int | None, stream: Readable) -> None:
    """Take the bytes of one upload, or of one part, into the local storage; the caller has checked the signed address.

    `announced` is the length the sender says they have. Once the upload was completed another is not even read: the
    reply to the first was lost. Raises NotFound, TypeMismatch, SizeMismatch, ChecksumMismatch or StorageUnavailable,
    and then nothing was kept.
    """
    attachment = Attachment.objects.filter(pk=attachment_id, deleted_at=None).first()
    if settings.STORAGE != "local" or attachment is None:
        raise NotFound()
    if attachment.status != Status.DECLARED:
        return
    if part not in keys.part_numbers(attachment):
        raise NotFound()
    upload = upload_of(attachment, part)
    if announced != upload.size:
        raise SizeMismatch(declared=upload.size)
    if content_type != upload.content_type:
        raise TypeMismatch()
    LocalStorage(settings.MEDIA_ROOT).receive(upload, stream)


@commits_in_steps("asks the storage first; a network call has no place inside a transaction")
def complete(*, actor: Actor, attachment_id: UUID, at: datetime) -> Attachment:
    """The bytes are there: owe their verification. Repeating it returns the present state.

    Raises NotFound, Forbidden for another's file, UploadMissing, SizeMismatch, PartsMissing and StorageUnavailable.
    """
    attachment = get_attachment(actor=actor, attachment_id=attachment_id)
    require_owner(attachment, actor=actor)
    if attachment.status != Status.DECLARED:
        return attachment
    if attachment.parts:
        _require_parts(attachment)
    else:
        _require_whole(attachment)
    return _accept_upload(actor=actor, attachment_id=attachment_id, at=at)


@transaction.atomic
def caption(*, actor: Actor, attachment_id: UUID, lines: Sequence[str], at: datetime) -> Attachment:
    """Write these lines into the picture that is shown; the original stays as it is. Sound and film stay without.

    Before the upload is complete they are kept for its first rendering. The same lines again change nothing. Raises
    NotFound, Forbidden for another's file and NotACaptionedKind.
    """
    attachment: Attachment = Attachment.objects.get_visible(actor, attachment_id, lock=True)
    require_owner(attachment, actor=actor)
    if not rules.is_shown(attachment.content_type) or attachment.status == Status.REFUSED:
        raise NotACaptionedKind()
    if rules.plays(attachment.content_type):
        return attachment
    before, after = attachment.caption, list(lines)
    if before == after:
        return attachment
    if attachment.status == Status.DECLARED:
        attachment.change(caption=after)
    else:
        attachment.change(caption=after, revision=attachment.revision + 1)
        _owe_processing(attachment, at)
    events.record("file.captioned", attachment, actor=actor, at=at, before=before, after=after)
    return attachment


@transaction.atomic
def look(*, actor: Actor, attachment_id: UUID, at: datetime) -> None:
    """Before an original is shown that `selectors.withholds_original` from this actor: what it hangs on decides, and
    writes the look down. Raises NotFound and Forbidden."""
    attachment = get_attachment(actor=actor, attachment_id=attachment_id)
    if withholds_original(attachment, actor=actor) and not bearers.look(attachment.pk, actor=actor, at=at):
        raise Forbidden()


@transaction.atomic
def coarsen_places(*, attachment_ids: Iterable[UUID], decimals: int, at: datetime) -> int:
    """Round where these pictures say they were taken; how many say so. Out of the kept originals, of recordings too,
    the position is taken altogether, by a job. Twice is once.
    """
    kept = Attachment.objects.filter(pk__in=attachment_ids, status=Status.READY, place_removed_at=None)
    owed = [
        FileJob(company_id=company_id, attachment_id=pk, work=FileJob.Work.FORGET_PLACE, revision=0, due_at=at)
        for company_id, pk in kept.values_list("company_id", "pk")
    ]
    FileJob.objects.bulk_create(owed, ignore_conflicts=True)
    if owed:
        wake_dispatcher()
    degrees = DecimalField(max_digits=9, decimal_places=6)
    rounded = {name: Cast(Round(Cast(name, degrees), precision=decimals), FloatField()) for name in ("lat", "lng")}
    return Attachment.objects.filter(pk__in=attachment_ids).exclude(lat=None).update(**rounded)


@transaction.atomic
def _accept_upload(*, actor: Actor, attachment_id: UUID, at: datetime) -> Attachment:
    attachment: Attachment = Attachment.objects.get_visible(actor, attachment_id, lock=True)
    if attachment.status == Status.DECLARED:
        attachment.change(status=Status.UPLOADED, revision=attachment.revision + 1)
        _owe_processing(attachment, at)
        events.record("file.uploaded", attachment, actor=actor, at=at, name=attachment.name)
    return attachment


def _owe_processing(attachment: Attachment, at: datetime) -> None:
    FileJob.objects.create(
        company_id=attachment.company_id, attachment=attachment, revision=attachment.revision, due_at=at
    )
    wake_dispatcher()


def _require_whole(attachment: Attachment) -> None:
    arrived = storage.current().size(keys.incoming(attachment))
    if arrived is None:
        raise UploadMissing()
    if arrived != attachment.size:
        raise SizeMismatch(declared=attachment.size, arrived=arrived)


def _require_parts(attachment: Attachment) -> None:
    missing = set(keys.part_numbers(attachment)) - arrived_parts(attachment)
    if missing:
        raise PartsMissing(missing=sorted(missing))
