"""Names in the storage. What nobody verified yet lies apart, where no link ever points."""

from collections.abc import Sequence

from backend.files.models import Attachment


def incoming(attachment: Attachment, part: int = 0) -> str:
    """Parts are counted from 1; 0 is the whole."""
    return f"{incoming_folder(attachment)}/{f'part-{part}' if part else 'upload'}"


def all_incoming(attachment: Attachment) -> list[str]:
    """Whatever may have been put for it, in its order."""
    return [incoming(attachment, number) for number in part_numbers(attachment)]


def part_numbers(attachment: Attachment) -> Sequence[int]:
    return range(1, len(attachment.parts) + 1) if attachment.parts else [0]


def incoming_folder(attachment: Attachment) -> str:
    return f"incoming/{attachment.company_id}/{attachment.pk}"


def original(attachment: Attachment) -> str:
    return f"{_folder(attachment)}/original"


def derivatives(attachment: Attachment, revision: int) -> dict[str, str]:
    """Each revision has its own, so that one takes the other's place in a single step."""
    names = {"thumbnail": f"thumbnail-{revision}.webp", "display": f"display-{revision}"}
    return {name: f"{_folder(attachment)}/{last}" for name, last in names.items()}


def all_derivatives(attachment: Attachment, revision: int) -> list[str]:
    """Whatever this revision may have left, also before thumbnails became WebP."""
    return [*derivatives(attachment, revision).values(), f"{_folder(attachment)}/thumbnail-{revision}"]


def derivative_type(key: str) -> str:
    return "image/webp" if key.endswith(".webp") else "image/jpeg"


def _folder(attachment: Attachment) -> str:
    return f"files/{attachment.company_id}/{attachment.pk}"
