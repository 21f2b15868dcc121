import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.files import bearers, keepers, keys, rules, storage
from backend.files.local_storage import LocalStorage
from backend.files.models import Attachment

UPLOAD_FOR = timedelta(hours=1)
"""How long an upload target works; declaring again gives a fresh one."""
LINK_WINDOW = timedelta(minutes=15)
OF_VISITS = {Attachment.Purpose.VISIT_PHOTO, Attachment.Purpose.VISIT_MEDIA}


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that work without a token until `expires_at`. A document has no pictures; None for an original that is
    withheld."""

    original: str | None
    thumbnail: str | None
    display: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """`size` bytes from `offset` on. `target` is where they are put; None once they have arrived."""

    number: int
    offset: int
    size: int
    target: storage.Target | None


@dataclass(frozen=True, slots=True)
class Content:
    file: BinaryIO
    stored: storage.Stored
    size: int
    state: str
    """Another one whenever other bytes lie there."""


def get_attachment(*, actor: Actor, attachment_id: UUID) -> Attachment:
    """Raises NotFound."""
    attachment: Attachment = Attachment.objects.get_visible(actor, attachment_id)
    return attachment


def may_upload(attachment: Attachment, *, actor: Actor) -> bool:
    """Seeing a file is not enough to fill it or to write into it."""
    return actor.is_system or attachment.owner_id == actor.employee_id


def require_owner(attachment: Attachment, *, actor: Actor) -> None:
    """Raises Forbidden."""
    if not may_upload(attachment, actor=actor):
        raise Forbidden()


def upload_target(attachment: Attachment, *, actor: Actor, at: datetime) -> storage.Target | None:
    """Where the owner puts the bytes within the next hour; None once they have arrived, and for a file in parts."""
    if attachment.parts or not _awaits(attachment, actor):
        return None
    return storage.current().upload_target(upload_of(attachment), expires_at=at + UPLOAD_FOR)


def upload_parts(attachment: Attachment, *, actor: Actor, arrived: Collection[int] = (), at: datetime) -> list[Part]:
    """Where the owner puts the parts that have not `arrived`; none where the file is put whole or is complete."""
    if not _awaits(attachment, actor):
        return []
    store, offset, parts = storage.current(), 0, []
    for number in keys.part_numbers(attachment) if attachment.parts else ():
        upload = upload_of(attachment, number)
        there = number in arrived
        target = None if there else store.upload_target(upload, expires_at=at + UPLOAD_FOR)
        parts.append(Part(number, offset, upload.size, target))
        offset += upload.size
    return parts


def arrived_parts(attachment: Attachment) -> set[int]:
    """Asks the storage, which took none that was not as declared. Raises StorageUnavailable."""
    there = storage.current().sizes(keys.incoming_folder(attachment))
    wanted = enumerate(rules.part_sizes(attachment.size), start=1)
    return {number for number, size in wanted if there.get(keys.incoming(attachment, number)) == size}


def upload_of(attachment: Attachment, part: int = 0) -> storage.Upload:
    """Of the whole file, or of the part of this number."""
    whole = not part
    return storage.Upload(
        attachment_id=attachment.pk,
        key=keys.incoming(attachment, part),
        content_type=attachment.content_type if whole else "application/octet-stream",
        size=attachment.size if whole else rules.part_sizes(attachment.size)[part - 1],
        sha256=attachment.sha256 if whole else attachment.parts[part - 1],
    )


def _awaits(attachment: Attachment, actor: Actor) -> bool:
    return attachment.status == Attachment.Status.DECLARED and may_upload(attachment, actor=actor)


def same_content(attachment: Attachment) -> "QuerySet[Attachment]":
    """Other verified files of the company with the same bytes, oldest first, also those the actor may not see.

    Empty until the file itself is verified: declaring a checksum must not tell who else has the content. Who names
    what is found to a person narrows it with `visible_to` first.
    """
    if attachment.status != Attachment.Status.READY:
        return Attachment.objects.none()
    same = Attachment.objects.filter(
        company_id=attachment.company_id, sha256=attachment.sha256, status=Attachment.Status.READY, deleted_at=None
    )
    return same.exclude(pk=attachment.pk).order_by("created_at", "pk")


def withholds_original(attachment: Attachment, *, actor: Actor) -> bool:
    """Whether it may tell exactly where its owner was, and this is somebody else: `services.look` opens it."""
    if attachment.status != Attachment.Status.READY or attachment.place_removed_at is not None:
        return False
    if may_upload(attachment, actor=actor):
        return False
    return attachment.purpose in OF_VISITS or bearers.holds(attachment.pk)


def links(attachment: Attachment, *, original: bool = True, at: datetime) -> Links | None:
    """None until the file is ready. Asks neither database nor network.

    All made within one `link_window` end together, at least 15 minutes later, so a phone may keep what it fetched.
    """
    if attachment.status != Attachment.Status.READY:
        return None
    expires_at = _links_end(at)
    store = storage.current()

    def link(key: str) -> str:
        return store.link(_stored(attachment, key), expires_at=expires_at)

    pictures = {name: link(key) for name, key in attachment.derivatives.items()}
    first = link(attachment.original) if original else None
    return Links(first, pictures.get("thumbnail"), pictures.get("display"), expires_at)


def thumbnail_link(attachment: Attachment, *, at: datetime) -> str | None:
    """That of `links` alone, for lists: each link costs a signature."""
    key = attachment.derivatives.get("thumbnail")
    if attachment.status != Attachment.Status.READY or key is None:
        return None
    return storage.current().link(_stored(attachment, key), expires_at=_links_end(at))


def _links_end(at: datetime) -> datetime:
    return link_window(at) + 2 * LINK_WINDOW


def link_window(at: datetime) -> datetime:
    """The quarter of an hour this moment lies in."""
    seconds = int(LINK_WINDOW.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def local_content(*, attachment_id: UUID, variant: str) -> Content:
    """What a signed address of the local storage names; the caller has checked the signature. Raises NotFound.

    A caption drawn anew leaves the older picture's address without content.
    """
    if settings.STORAGE != "local":
        raise NotFound()
    attachment = Attachment.objects.filter(pk=attachment_id, deleted_at=None, status=Attachment.Status.READY).first()
    if attachment is None:
        if (found := keepers.kept(attachment_id, variant)) is None:
            raise NotFound()
        return _opened(found)
    for key in (attachment.original, *attachment.derivatives.values()):
        if key.rpartition("/")[2] == variant:
            return _opened(_stored(attachment, key))
    raise NotFound()


def _opened(stored: storage.Stored) -> Content:
    try:
        file = LocalStorage(settings.MEDIA_ROOT).open(stored.key)
    except storage.Missing as exc:
        raise NotFound() from exc
    found = os.fstat(file.fileno())
    return Content(file, stored, found.st_size, f"{found.st_mtime_ns:x}-{found.st_ino:x}")


def _stored(attachment: Attachment, key: str) -> storage.Stored:
    """The original under its own name; a derivative under that of what it became."""
    name, content_type = attachment.name, attachment.content_type
    if key != attachment.original:
        content_type = keys.derivative_type(key)
        name = f"{name.rpartition('.')[0] or name}.{'webp' if content_type == 'image/webp' else 'jpg'}"
    return storage.Stored(
        attachment_id=attachment.pk,
        key=key,
        name=name,
        content_type=content_type,
        inline=rules.is_shown(attachment.content_type),
    )
