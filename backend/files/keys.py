"""Names in the storage. What nobody verified yet lies apart, where no link ever points."""

from backend.files.models import Attachment


def incoming(attachment: Attachment) -> str:
    return f"{incoming_folder(attachment)}/upload"


def incoming_folder(attachment: Attachment) -> str:
    return f"incoming/{attachment.company_id}/{attachment.pk}"


def original(attachment: Attachment) -> str:
    return f"{_folder(attachment)}/original"


def derivatives(attachment: Attachment, revision: int) -> dict[str, str]:
    """Each revision has its own, so that one takes the other's place in a single step."""
    names = {"thumbnail": f"thumbnail-{revision}.webp", "display": f"display-{revision}"}
    return {name: f"{_folder(attachment)}/{last}" for name, last in names.items()}


def derivative_type(key: str) -> str:
    return "image/webp" if key.endswith(".webp") else "image/jpeg"


def _folder(attachment: Attachment) -> str:
    return f"files/{attachment.company_id}/{attachment.pk}"
