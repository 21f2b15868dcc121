"""POST media/upload and GET media/get (documents 90253, 90254): kept three days, for all apps of the corporation."""

import re
import secrets
from typing import NamedTuple
from urllib.parse import quote, unquote

from infra.simulators.wechat.api.access import Endpoint, app_of_token
from infra.simulators.wechat.contracts import MEDIA, MEDIA_GETS, MEDIA_SECONDS, MIN_MEDIA_BYTES
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.limits import spend
from infra.simulators.wechat.model import Media
from infra.simulators.wechat.replies import Call, Raw
from infra.simulators.wechat.state import State

BOUNDARY = re.compile(r'multipart/form-data;.*boundary="?([^";]+)"?', re.IGNORECASE)
NAME = re.compile(r';\s*name="([^"]*)"')
FILENAME = re.compile(r""";\s*filename\*?=(?:utf-8'[^']*')?"?([^";]+)"?""", re.IGNORECASE)


class Part(NamedTuple):
    filename: str
    content_type: str
    content: bytes


def upload(state: State, call: Call) -> dict[str, object]:
    app, kind = app_of_token(state, call), call.query.get("type", "")
    if kind not in MEDIA:
        raise error(40004)
    part = _part(call)
    if part is None:
        raise error(41005)
    rules = MEDIA[kind]
    if not part.content:
        raise error(44001)
    if not MIN_MEDIA_BYTES < len(part.content) <= rules.most:
        raise error(40009 if kind == "image" else 40006)
    if rules.beginnings and not any(part.content[at:].startswith(start) for at, start in rules.beginnings):
        raise error(40005)
    media_id = keep(state, app.corp_id, part)
    return {"errcode": 0, "errmsg": "", "type": kind, "media_id": media_id, "created_at": str(int(state.now()))}


def keep(state: State, corp_id: str, part: Part) -> str:
    media_id = "3" + secrets.token_urlsafe(48)
    state.media[media_id] = Media(corp_id, part.filename, part.content_type, part.content, state.now() + MEDIA_SECONDS)
    return media_id


def get(state: State, call: Call) -> Raw:
    app, media_id = app_of_token(state, call), call.query.get("media_id", "")
    media = state.media.get(media_id)
    if media is None or media.corp_id != app.corp_id or state.now() >= media.expires_at:
        raise error(40007)
    if not spend(state, ("media", media_id), MEDIA_GETS):
        raise error(45033)
    disposition = f'attachment; filename="{quote(media.filename, safe=" .-_()")}"'
    return Raw(media.content, {"Content-Type": media.content_type, "Content-disposition": disposition})


def _part(call: Call) -> Part | None:
    """The part called `media` with a file name; None where the body is no such form."""
    declared = {name.lower(): value for name, value in call.headers.items()}.get("content-type", "")
    found = BOUNDARY.match(declared)
    if found is None:
        return None
    for piece in (b"\r\n" + call.body).split(b"\r\n--" + found[1].encode())[1:]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        headers = head.decode("utf-8", "replace")
        name, filename = NAME.search(headers), FILENAME.search(headers)
        if blank and name and filename and name[1] == "media":
            kind = re.search(r"content-type:\s*([^\r\n]+)", headers, re.IGNORECASE)
            return Part(unquote(filename[1]), kind[1] if kind else "application/octet-stream", content)
    return None


ROUTES = {
    "/cgi-bin/media/upload": Endpoint("POST", upload),
    "/cgi-bin/media/get": Endpoint("GET", get),
}
