from uuid import UUID

from backend.core import secrets
from backend.core.errors import NotFound, Unavailable
from backend.wechat.callbacks.envelope import Keys
from backend.wechat.models import App

CONFIGURATION_RETRY_S = 300


def app_of_callback(*, public_id: UUID, is_wecom: bool) -> tuple[App, Keys]:
    """The app whose callbacks arrive at this address, and what it shares with the platform.

    NotFound where there is none or it takes no callbacks; Unavailable where our own key for its secrets is missing.
    """
    app = App.objects.filter(public_id=public_id).first()
    if app is None or app.is_wecom is not is_wecom:
        raise NotFound()
    try:
        keys = Keys(app.callback_token, app.aes_key, app.platform_id)
    except secrets.Unreadable as exc:
        raise Unavailable(retry_after_s=CONFIGURATION_RETRY_S) from exc
    if not keys.token or not keys.aes_key:
        raise NotFound()
    return app, keys
