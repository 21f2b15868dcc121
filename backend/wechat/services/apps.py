import re

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.text import bilingual
from backend.directory.models import Company
from backend.events import services as events
from backend.wechat.models import App, PlatformToken

PLATFORM_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
CALLBACK_TOKEN = re.compile(r"[0-9A-Za-z]{3,32}")
AES_KEY = re.compile(r"[0-9A-Za-z]{43}")
"""The formats the platform's own pages enforce; a wrong one would fail at the first callback, unseen."""


class AppInvalid(Invalid):
    code = "platform_app_invalid"
    message = bilingual("应用设置有误。", "The settings of the app are not valid.")


@transaction.atomic
def configure_app(
    *,
    actor: Actor,
    kind: str,
    platform_id: str,
    agent_id: int | None = None,
    secret: str | None = None,
    callback_token: str | None = None,
    aes_key: str | None = None,
    name: str = "",
) -> App:
    """Enter an app of the actor's company, or change the one of this kind, platform id and agent id.

    A secret, token or key of None keeps what is stored; an empty token and key end its callbacks. What was obtained
    with the old secret, or the refusal of it, is forgotten: the next call asks the platform anew. Raises AppInvalid.
    """
    actor.require("directory.manage")
    company = Company.objects.select_for_update().get(pk=actor.company_id)
    app = App.objects.filter(company=company, kind=kind, platform_id=platform_id, agent_id=agent_id).first()
    app = app or App(company=company, kind=kind, platform_id=platform_id, agent_id=agent_id)
    app.name = name
    if secret is not None:
        app.secret = secret
    if callback_token is not None:
        app.callback_token = callback_token
    if aes_key is not None:
        app.aes_key = aes_key
    if wrong := _wrong_fields(app, secret=secret, callback_token=callback_token, aes_key=aes_key):
        raise AppInvalid(fields=wrong)
    app.save()
    PlatformToken.objects.filter(app=app).delete()
    # About the company: what the id of a settings row was is of no use to whoever reads the log.
    events.record(
        "platform_app.configured", company, actor=actor, kind=kind, platform_id=platform_id, agent_id=agent_id
    )
    return app


def _wrong_fields(app: App, *, secret: str | None, callback_token: str | None, aes_key: str | None) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if app.kind not in App.Kind:
        wrong["kind"] = bilingual("未知的类型。", "Unknown kind.")
    if not PLATFORM_ID.fullmatch(app.platform_id):
        wrong["platform_id"] = bilingual("不是企业 ID 或 AppID。", "Not a corporation id or app id.")
    if (app.kind == App.Kind.WECOM_APP) is (app.agent_id is None):
        wrong["agent_id"] = bilingual(
            "自建应用须填 AgentId，其他类型不填。", "A WeCom application has an agent id, the other kinds have none."
        )
    if not app.secret_encrypted or secret == "":
        wrong["secret"] = bilingual("请填写密钥。", "The secret is missing.")
    if callback_token and not CALLBACK_TOKEN.fullmatch(callback_token):
        wrong["callback_token"] = bilingual("Token 为 3 至 32 位字母数字。", "The token is 3 to 32 letters and digits.")
    if aes_key and not AES_KEY.fullmatch(aes_key):
        wrong["aes_key"] = bilingual(
            "EncodingAESKey 为 43 位字母数字。", "The EncodingAESKey is 43 letters and digits."
        )
    if bool(app.callback_token_encrypted) is not bool(app.aes_key_encrypted):
        wrong.setdefault(
            "aes_key", bilingual("Token 与 EncodingAESKey 须同填。", "Token and EncodingAESKey go together.")
        )
    return wrong
