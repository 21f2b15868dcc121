"""The WeCom client: application messages to members of a corporation (document path 90236)."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wechatpy.enterprise import WeChatClient

from backend.wechat import text, tokens, transport
from backend.wechat.errors import Configuration, Permanent, TokenRefused, Unreachable
from backend.wechat.models import WecomApp

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


class WecomClient:
    """Sends as one app. Not inside a transaction: every method calls the network (RuntimeError otherwise).

    Every method raises Transient, Permanent (Unreachable when no receiver is left) or Configuration.

    `dedupe_key` names the message: the platform delivers the same key with the same contents once within four
    hours, so a send whose answer was lost is safe to repeat. Its check compares the whole request, so the key
    travels in it, and two messages that read alike are both delivered when their keys differ.
    """

    def __init__(self, app: WecomApp) -> None:
        self._app = app
        self._api = _Api(app)

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
        return SendResult(msgid=str(answer.get("msgid", "")), invalid_users=tuple(invalid))


def client_for(app: WecomApp) -> WecomClient:
    """Cheap: connections and tokens are kept elsewhere."""
    return WecomClient(app)


class _Api(WeChatClient):
    """wechatpy's method classes on our transport and tokens; its uploads and downloads do not pass here."""

    def __init__(self, app: WecomApp) -> None:
        super().__init__(app.corp_id, secret="")
        self._http = None  # whatever would go round `_request` shall fail
        self._app = app

    @property
    def access_token(self) -> str:
        return tokens.current(self._app)

    def _request(
        self,
        method: str,
        url_or_endpoint: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        result_processor: Callable[[dict[str, Any]], Any] | None = None,
    ) -> Any:
        """One call; one more with a new token when the first was refused, and never a third."""
        body = None if data is None else json.dumps(data, ensure_ascii=False).encode()

        def attempt(token: str) -> dict[str, Any] | None:
            query = {**(params or {}), "access_token": token}
            try:
                return transport.call(method, url_or_endpoint, params=query, body=body, hide=token)
            except TokenRefused:
                return None

        token = self.access_token
        answer = attempt(token) or attempt(tokens.replacement(self._app, refused=token))
        if answer is None:
            raise Configuration(f"{url_or_endpoint}: a new token was refused too; is the app still enabled?")
        return result_processor(answer) if result_processor else answer


def _names(answer: dict[str, Any], field: str) -> list[str]:
    return [name for name in str(answer.get(field) or "").split("|") if name]
