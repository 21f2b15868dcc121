"""What a FileJob does: verify an upload and render it, or tidy up after it. Runs in a worker, outside any transaction.

A worker may be killed anywhere: nothing is visible before the one transaction that settles the revision, everything
written before has a name of its own revision, and what is superfluous is deleted only afterwards, again on every run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core import clock
from backend.core.actor import Actor
from backend.events import services as events
from backend.events.owed import PermanentFailure
from backend.files import images, keys, places, rules, storage
from backend.files.models import Attachment, FileJob
from backend.files.rules import Reason, Refused

Status = Attachment.Status


@dataclass(frozen=True, slots=True)
class Findings:
    """What is learned from the content: fields of the attachment, and the pictures made of it by name."""

    fields: Mapping[str, object] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)


def process(job_id: int) -> bool:
    """At least once; False where another worker has the job or it is not due."""
    return FileJob.perform(job_id, _work)


def _work(job: FileJob) -> None:
    if job.work == FileJob.Work.FORGET_PLACE:
        _forget_place(job)
    elif job.revision == 0:
        _tidy(job)
    else:
        _render(job)


def _render(job: FileJob) -> None:
    attachment = Attachment.objects.select_related("company").get(pk=job.attachment_id)
    if _is_wanted(attachment, job):
        try:
            _settle(job, _made(attachment))
        except Refused as exc:
            if attachment.status == Status.READY:
                raise PermanentFailure(f"verified before and now {exc.reason}") from exc
            _refuse(job, exc.reason)
        attachment.refresh_from_db()
    _delete_superfluous(attachment, job)


def _is_wanted(attachment: Attachment, job: FileJob) -> bool:
    """Not where a later revision waits, this one was settled before, or the file was refused meanwhile."""
    return (
        attachment.revision == job.revision
        and attachment.rendered < job.revision
        and attachment.status in {Status.UPLOADED, Status.READY}
    )


def _made(attachment: Attachment) -> Findings:
    """Everything of this revision, in the storage under its keys. Raises Refused."""
    store = storage.current()
    content = _content(attachment, store)
    findings = _examined(attachment, content)
    if rules.plays(attachment.content_type):
        content = places.removed(content)
    if not attachment.original:
        store.write(keys.original(attachment), content, content_type=attachment.content_type)
    for name, key in keys.derivatives(attachment, attachment.revision).items():
        if name in findings.pictures:
            store.write(key, findings.pictures[name], content_type=keys.derivative_type(key))
    return findings


def _content(attachment: Attachment, store: storage.Storage) -> bytes:
    """The bytes that were declared. Once verified they come from where no upload reaches."""
    if attachment.original:
        return store.read(attachment.original, limit=attachment.size)
    try:
        pieces = [store.read(key, limit=attachment.size + 1) for key in keys.all_incoming(attachment)]
    except storage.Missing as exc:
        raise Refused(Reason.UPLOAD_MISSING) from exc
    content = b"".join(pieces)
    if len(content) != attachment.size:
        raise Refused(Reason.SIZE_MISMATCH)
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise Refused(Reason.CHECKSUM_MISMATCH)
    return content


def _examined(attachment: Attachment, content: bytes) -> Findings:
    rules.check_content(attachment.content_type, content)
    if rules.plays(attachment.content_type):
        # Nobody judges by a recording's place, and all who see the visit play it, unless it cannot be taken out.
        return Findings({} if _tells_place(attachment, places.removed(content)) else {"place_removed_at": clock.now()})
    if not rules.is_image(attachment.content_type):
        return Findings()
    picture = images.read(content, content_type=attachment.content_type, timezone=attachment.company.timezone)
    fields: dict[str, Any] = {
        "width": picture.width,
        "height": picture.height,
        "taken_at": picture.evidence.taken_at,
        "lat": picture.evidence.lat,
        "lng": picture.evidence.lng,
        "phash": images.difference_hash(picture),
    }
    if attachment.original:
        fields = {}  # the evidence stays as it was first read, also after its position was rounded
    pictures = {
        "thumbnail": images.thumbnail(picture),
        "display": images.display(picture, caption=attachment.caption),
    }
    return Findings(fields, pictures)


@transaction.atomic
def _settle(job: FileJob, findings: Findings) -> None:
    """Show what was made, unless a later caption came while it was being made."""
    attachment = Attachment.objects.select_for_update().get(pk=job.attachment_id)
    if not _is_wanted(attachment, job):
        return
    first = attachment.status == Status.UPLOADED
    derivatives = keys.derivatives(attachment, job.revision)
    attachment.change(
        status=Status.READY,
        original=keys.original(attachment),
        derivatives={name: derivatives[name] for name in findings.pictures},
        rendered=job.revision,
        **findings.fields,
    )
    if first:
        _record("file.ready", attachment)


@transaction.atomic
def _refuse(job: FileJob, reason: Reason) -> None:
    """Only what was never shown; where a later caption came meanwhile, its job comes to the same verdict."""
    attachment = Attachment.objects.select_for_update().get(pk=job.attachment_id)
    if attachment.revision == job.revision and attachment.status in {Status.DECLARED, Status.UPLOADED}:
        attachment.change(status=Status.REFUSED, reason=reason)
        _record("file.refused", attachment)


def _delete_superfluous(attachment: Attachment, job: FileJob) -> None:
    unwanted = []
    if attachment.status in {Status.READY, Status.REFUSED}:
        unwanted.extend(keys.all_incoming(attachment))
    for revision in range(1, job.revision + 1):
        if rules.is_image(attachment.content_type) and attachment.rendered != revision:
            unwanted.extend(keys.all_derivatives(attachment, revision))
    storage.current().delete(unwanted)


def _tidy(job: FileJob) -> None:
    """Long after the last upload target expired: what never came never will, and no doubled upload is under way."""
    _refuse(job, Reason.UPLOAD_EXPIRED)
    attachment = Attachment.objects.get(pk=job.attachment_id)
    if attachment.status != Status.UPLOADED:
        storage.current().delete_folder(keys.incoming_folder(attachment))


def _forget_place(job: FileJob) -> None:
    """Take the position out of the kept original. Again after a kill, which finds nothing left to take out."""
    attachment = Attachment.objects.get(pk=job.attachment_id)
    if attachment.status != Status.READY:
        return
    store = storage.current()
    content = store.read(attachment.original, limit=attachment.size)
    without = places.removed(content)
    if _tells_place(attachment, without):
        raise PermanentFailure("the position is not where it was looked for")
    if without != content:
        store.write(attachment.original, without, content_type=attachment.content_type)
    _settle_forgetting(attachment.pk)


def _tells_place(attachment: Attachment, content: bytes) -> bool:
    if rules.is_image(attachment.content_type):
        return images.claims_place(content, content_type=attachment.content_type)
    return rules.plays(attachment.content_type) and places.told_by_film(content)


@transaction.atomic
def _settle_forgetting(attachment_id: UUID) -> None:
    attachment = Attachment.objects.select_for_update().get(pk=attachment_id)
    if attachment.place_removed_at is None:
        attachment.change(place_removed_at=clock.now())


def _record(name: str, attachment: Attachment) -> None:
    actor = Actor.system(attachment.company_id)
    events.record(name, attachment, actor=actor, at=clock.now(), name=attachment.name, reason=attachment.reason)
