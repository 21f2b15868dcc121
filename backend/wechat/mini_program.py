"""The mini-program client: who a person is, and what he agreed to be told (developers.weixin.qq.com)."""

from collections.abc import Mapping

from backend.wechat import members, notices, tokens, transport
from backend.wechat.api import WechatApi
from backend.wechat.codes import checked_code
from backend.wechat.errors import Configuration
from backend.wechat.members import Identity, PhoneNumber
from backend.wechat.models import App


class MiniProgramClient:
    """Speaks as one mini-program. Not inside a transaction: every method calls the network (RuntimeError otherwise).

    Every method raises Transient, Permanent or Configuration. A code works once and for five minutes: after CodeSpent,
    and after Transient too, since it may have been used although no answer came, the person must be asked for another.
    """

    def __init__(self, app: App) -> None:
        if app.kind != App.Kind.MINI_PROGRAM:
            raise Configuration(f"{app} is not a mini-program")
        self._app = app
        self._api = WechatApi(app)

    def identity_of_code(self, code: str) -> Identity:
        """Who asked `wx.login` for this code. Needs no access token, so a failing one shuts nobody out."""
        path = "sns/jscode2session"
        params = {
            "appid": self._app.platform_id,
            "secret": tokens.secret_of(self._app),
            "js_code": checked_code(code),
            "grant_type": "authorization_code",
        }
        return members.identity_of(transport.call("GET", path, base=transport.WECHAT, params=params))

    def phone_of_code(self, code: str) -> PhoneNumber:
        """The number the person agreed to give with a tap on the platform's own button."""
        answer = self._api.post(
            "business/getuserphonenumber", data={"code": checked_code(code)}, api_base_url=f"{self._api.official}wxa/"
        )
        return members.phone_of(answer, self._app.platform_id)

    def send_subscribe(
        self,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        page: str = "",
        state: str = "formal",
        lang: str = "zh_CN",
    ) -> str:
        """The platform's number of the message. One consent of the person is one message: NoConsent when none is left.

        There is no key against doubles: after Transient the message may have been delivered, and the consent spent.
        """
        message = {
            "touser": openid,
            "template_id": template_id,
            "miniprogram_state": state,
            "lang": lang,
            "data": notices.checked(values),
        }
        answer = self._api.post("message/subscribe/send", data=message | ({"page": page} if page else {}))
        return str(answer.get("msgid", ""))


def client_for(app: App) -> MiniProgramClient:
    """Cheap: connections and tokens are kept elsewhere."""
    return MiniProgramClient(app)
