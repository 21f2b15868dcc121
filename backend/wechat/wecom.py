"""The WeCom client: who a member is, and messages to members (developer.work.weixin.qq.com)."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.wechat import cards, media, members, text
from backend.wechat.api import WecomApi
from backend.wechat.cards import Card
from backend.wechat.codes import checked_code
from backend.wechat.errors import BadPayload, Configuration, Permanent, Transient, Unreachable
from backend.wechat.members import Member, MemberDetail
from backend.wechat.models import App
from backend.wechat.transport import Download

MAX_RECEIVERS = 1000
MAX_TITLE_BYTES = 128
MAX_DESCRIPTION_BYTES = 512
MAX_TEXT_BYTES = 2048
MAX_URL_BYTES = 2048
DUPLICATE_CHECK_S = 4 * 3600
"""The longest the platform allows; longer than any row of ours is retried."""
URL = re.compile(r"https?://[^/]")
USER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
"""What a user id can be. `@all` and `a|b` are not: they would address others than the one meant."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The platform accepted the message. What exceeds 30 a minute to one member it drops without a word."""

    msgid: str
    invalid_users: tuple[str, ...]
    """Receivers, as the caller spelt them, who get nothing: unknown, not visible to the app, or unlicensed."""
    response_code: str = field(default="", repr=False)
    """Of a card with buttons: opens one `update_card`, within 72 hours."""


class WecomClient:
    """Sends as one app. Not inside a transaction: every method calls the network (RuntimeError otherwise).

    Every method raises Transient, Permanent (Unreachable when no receiver is left) or Configuration.

    `dedupe_key` names the message: the platform delivers the same key with the same contents once within four
    hours, so a send whose answer was lost is safe to repeat. Its check compares the whole request, so the key
    travels in it, and two messages that read alike are both delivered when their keys differ.
    """

    def __init__(self, app: App) -> None:
        if app.kind != App.Kind.WECOM_APP:
            raise Configuration(f"{app} is not an application of WeCom")
        self._app = app
        self._api = WecomApi(app)

    def member_of_code(self, code: str) -> Member:
        """The member whom the OAuth page or the client gave this code (path 96442); NotAMember for anybody else.

        Like every code it works once and for five minutes: after CodeSpent, and after Transient too, since it may have
        been used although no answer came, the person must be asked for another.
        """
        answer = self._api.get("auth/getuserinfo", params={"code": checked_code(code)})
        return members.member_of(answer, self._app.platform_id)

    def member_of_mini_program_code(self, code: str) -> Member:
        """As `member_of_code`, for `wx.qy.login` in a mini-program linked with this application (path 96959)."""
        params = {"js_code": checked_code(code), "grant_type": "authorization_code"}
        answer = self._api.get("miniprogram/jscode2session", params=params)
        return members.member_of(answer, self._app.platform_id)

    def detail_of_ticket(self, user_ticket: str) -> MemberDetail:
        """What the member agreed to show of himself (path 96443); CodeSpent after half an hour."""
        answer = self._api.post("auth/getuserdetail", data={"user_ticket": checked_code(user_ticket)})
        return members.detail_of(answer)

    def send_textcard(
        self, to: Sequence[str], title: str, description: str, url: str, *, dedupe_key: str
    ) -> SendResult:
        """A card with a link, of plain text. Too long a title or description is cut; a bad url is Permanent."""
        if text.one_line(url) != url or not URL.match(url) or len(url.encode()) > MAX_URL_BYTES:
            raise Permanent(f"message/send: url is not http(s) or longer than {MAX_URL_BYTES} bytes")
        card = {
            "title": text.shortened(text.one_line(title), MAX_TITLE_BYTES),
            "description": text.shortened_markup(text.clean(description), MAX_DESCRIPTION_BYTES),
            "url": url,
            "btntxt": "详情",
        }
        return self._send(to, {"msgtype": "textcard", "textcard": card}, dedupe_key)

    def send_text(self, to: Sequence[str], content: str, *, dedupe_key: str) -> SendResult:
        """Plain text of at most 2048 bytes; more is cut."""
        plain = text.shortened(text.without_links(text.clean(content)), MAX_TEXT_BYTES)
        return self._send(to, {"msgtype": "text", "text": {"content": plain}}, dedupe_key)

    def send_card(self, to: Sequence[str], card: Card, *, dedupe_key: str) -> SendResult:
        """A template card (`cards.button_card`, `cards.notice_card`), checked before it is sent: BadPayload."""
        cards.check(card)
        return self._send(to, {"msgtype": "template_card", "template_card": card}, dedupe_key)

    def update_card(
        self, response_code: str, *, to: Sequence[str] = (), replace_name: str = "", card: Card | None = None
    ) -> tuple[str, ...]:
        """Replace the buttons by a word, or the whole card, on these members' phones; on all receivers' by default.

        Returns those who do not have the card. A response code opens one update (path 94888): CodeSpent afterwards, and
        after 72 hours. After Transient it may have been used: whoever tries again takes CodeSpent for done.
        """
        if bool(replace_name) is bool(card):
            raise BadPayload("update_template_card - either a word or a card")
        if card:
            cards.check(card, is_sent=False)
        change: dict[str, Any] = {"template_card": card} if card else {"button": {"replace_name": replace_name}}
        whom: dict[str, Any] = {"userids": list(to)} if to else {"atall": 1}
        update = {"agentid": self._app.agent_id, "response_code": response_code, **whom, **change}
        answer = self._api.post("message/update_template_card", data=update)
        refused = {name.lower() for name in _names(answer, "invaliduser")}
        return tuple(user for user in to if user.lower() in refused)

    def recall(self, msgid: str) -> None:
        """Take a message back from all phones, within a day of its sending (path 94867); Permanent afterwards."""
        self._api.post("message/recall", data={"msgid": msgid})

    def upload_media(self, kind: str, name: str, content: bytes) -> str:
        """The media id, good for three days. `kind`: image, voice, video or file; BadPayload if it is not one."""
        media.check(kind, content)
        answer = self._api.media.upload(kind, (name, content, "application/octet-stream"))
        if not answer.get("media_id"):
            raise Transient("media/upload - the answer holds no media_id")
        return str(answer["media_id"])

    def download_media(self, media_id: str, *, kind: str = "image") -> Download:
        """What a phone has uploaded through the JS-SDK; BadPayload if it is not of this kind or too large.

        MediaGone after three days; RateLimited for who asks for one file again and again.
        """
        file = self._api.download("media/get", params={"media_id": media_id}, max_bytes=media.MAX_BYTES[kind])
        media.check(kind, file.content)
        return file

    def _send(self, to: Sequence[str], message: dict[str, Any], dedupe_key: str) -> SendResult:
        if len(to) > MAX_RECEIVERS:
            raise Permanent(f"message/send: more than {MAX_RECEIVERS} receivers")
        receivers = [user for user in to if USER_ID.fullmatch(user)]
        if not receivers:
            raise Unreachable("message/send: no receiver")
        checked = {
            **message,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DUPLICATE_CHECK_S,
            "dedupe_key": hashlib.sha256(dedupe_key.encode()).hexdigest(),
        }
        answer = self._api.message.send(self._app.agent_id, receivers, msg=checked)
        refused = {name.lower() for field in ("invaliduser", "unlicenseduser") for name in _names(answer, field)}
        invalid = (user for user in to if user.lower() in refused or user not in receivers)
        return SendResult(str(answer.get("msgid", "")), tuple(invalid), str(answer.get("response_code", "")))


def client_for(app: App) -> WecomClient:
    """Cheap: connections and tokens are kept elsewhere."""
    return WecomClient(app)


def _names(answer: dict[str, Any], field: str) -> list[str]:
    """Ids joined by `|`, as most answers have them, or in a list, as some do."""
    value = answer.get(field) or ""
    return [str(name) for name in (value if isinstance(value, list) else str(value).split("|")) if name]
