"""Files at WeCom: kept for three days, for all apps of the corporation (document paths 90253, 90254)."""

from backend.wechat.errors import BadPayload

MEGABYTE = 1024 * 1024
MAX_BYTES = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "file": 20 * MEGABYTE}
MIN_BYTES = 6
"""More than five, say the documents."""
BEGINNINGS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image": ((0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n")),
    "voice": ((0, b"#!AMR"),),
    "video": ((4, b"ftyp"),),
}


def check(kind: str, content: bytes) -> None:
    """Raises BadPayload unless the contents are what the kind says: the name and the media type prove nothing."""
    if kind not in MAX_BYTES:
        raise BadPayload(f"media - no kind {kind!r}", errcode=40004)
    if not MIN_BYTES <= len(content) <= MAX_BYTES[kind]:
        raise BadPayload(f"media - {len(content)} bytes", errcode=40006)
    beginnings = BEGINNINGS.get(kind, ())
    if beginnings and not any(content[at:].startswith(start) for at, start in beginnings):
        raise BadPayload(f"media - the contents are no {kind}", errcode=40005)
