"""The official-account client: template messages to followers (developers.weixin.qq.com)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from backend.wechat import notices
from backend.wechat.api import WechatApi
from backend.wechat.errors import Configuration
from backend.wechat.models import App


class OfficialAccountClient:
    """Speaks as one official account. Not inside a transaction: every method calls the network.

    Every method raises Transient, Permanent (Unreachable for who does not follow the account) or Configuration.
    """

    def __init__(self, app: App) -> None:
        if app.kind != App.Kind.OFFICIAL_ACCOUNT:
            raise Configuration(f"{app} is not an official account")
        self._api = WechatApi(app)

    def send_template(
        self,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        url: str = "",
        mini_program: tuple[str, str] | None = None,
        dedupe_key: str,
    ) -> str:
        """The platform's number of the message. The same key to the same person is delivered once in ten minutes.

        `mini_program` is an app id and a path, and goes before `url` where the phone can open it.
        """
        message: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "client_msg_id": hashlib.sha256(dedupe_key.encode()).hexdigest()[:32],
            "data": notices.checked(values),
        }
        if url:
            message["url"] = url
        if mini_program:
            message["miniprogram"] = dict(zip(("appid", "pagepath"), mini_program, strict=True))
        return str(self._api.post("message/template/send", data=message).get("msgid", ""))


def client_for(app: App) -> OfficialAccountClient:
    """Cheap: connections and tokens are kept elsewhere."""
    return OfficialAccountClient(app)
