"""wechatpy's method classes on our transport and tokens.

Its own transport is never used: what would go round `_request` fails, since `_http` is None.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from wechatpy import WeChatClient as WechatMethods
from wechatpy.enterprise import WeChatClient as WecomMethods

from backend.wechat import tokens, transport
from backend.wechat.errors import Configuration, TokenRefused
from backend.wechat.models import App

Answer = dict[str, Any]
Result = TypeVar("Result")


class Hardened:
    """What both platforms' clients share. `_request` is the one way out."""

    base: ClassVar[str]
    official: ClassVar[str]
    """Host that wechatpy's classes with an address of their own put in front of a path; ours takes its place."""
    _app: App
    _http: None

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
        files: Mapping[str, transport.File] | None = None,
        api_base_url: str | None = None,
        result_processor: Callable[[Answer], Any] | None = None,
    ) -> Any:
        """The JSON of the answer, through `result_processor` where wechatpy's method has one."""
        prefix = "cgi-bin/" if api_base_url is None else api_base_url.removeprefix(self.official)
        path = prefix + url_or_endpoint
        body = None if data is None else json.dumps(data, ensure_ascii=False).encode()
        hide = transport.secrets_in(data or {})

        def attempt(token: str) -> Answer:
            query = {**(params or {}), "access_token": token}
            return transport.call(method, path, base=self.base, params=query, body=body, files=files, hide=hide)

        answer = self._with_token(path, attempt)
        return result_processor(answer) if result_processor else answer

    def download(self, endpoint: str, *, params: Mapping[str, Any], max_bytes: int) -> transport.Download:
        """A file of at most so many bytes; BadPayload where it is larger."""
        path = f"cgi-bin/{endpoint}"

        def attempt(token: str) -> transport.Download:
            query = {**params, "access_token": token}
            return transport.download(path, base=self.base, params=query, max_bytes=max_bytes)

        return self._with_token(path, attempt)

    def _with_token(self, path: str, attempt: Callable[[str], Result]) -> Result:
        """One call; one more with a new token when the first was refused, and never a third."""
        token = self.access_token
        try:
            return attempt(token)
        except TokenRefused:
            token = tokens.replacement(self._app, refused=token)
        try:
            return attempt(token)
        except TokenRefused as exc:
            raise Configuration(f"{path} - a new token was refused too; is the app still enabled?") from exc


class WecomApi(Hardened, WecomMethods):
    base = transport.WECOM
    official = "https://qyapi.weixin.qq.com/"

    def __init__(self, app: App) -> None:
        super().__init__(app.platform_id, secret="")
        self._http = None
        self._app = app


class WechatApi(Hardened, WechatMethods):
    base = transport.WECHAT
    official = "https://api.weixin.qq.com/"

    def __init__(self, app: App) -> None:
        super().__init__(app.platform_id, secret="")
        self._http = None
        self._app = app
