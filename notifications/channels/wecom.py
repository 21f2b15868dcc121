from django.conf import settings

from backend.core.text import in_both
from backend.directory.models import Employee, Identity
from backend.directory.selectors import subjects_of
from backend.wechat import wecom
from backend.wechat.errors import Unreachable
from backend.wechat.models import App
from notifications.channels.base import NotReachable
from notifications.models import Message


class WeCom:
    """A text card to a member of the company's WeCom corporation, linking to the subject in the client."""

    max_title_bytes = wecom.MAX_TITLE_BYTES
    max_body_bytes = wecom.MAX_DESCRIPTION_BYTES

    def send(self, message: Message) -> str:
        notification = message.notification
        app, member = _address_of(notification.recipient)
        try:
            sent = wecom.client_for(app).send_textcard(
                [member],
                notification.title,
                notification.body,
                settings.PUBLIC_URL + notification.path,
                dedupe_key=str(notification.pk),
            )
        except Unreachable as exc:
            raise NotReachable(str(exc)) from exc
        if sent.invalid_users:
            raise NotReachable(in_both("企业微信未送达该成员", "WeCom does not reach this member"))
        return sent.msgid


def _address_of(person: Employee) -> tuple[App, str]:
    """The app to speak through and how WeCom names the person; of several apps the first whose members he is among."""
    if not person.is_active:
        raise NotReachable(in_both("已离职", "has left the company"))
    apps = list(App.objects.filter(company_id=person.company_id, kind=App.Kind.WECOM_APP).order_by("pk"))
    for app in apps:
        names = subjects_of(employee_ids=[person.pk], provider=Identity.Provider.WECOM, tenant=app.platform_id)
        if person.pk in names:
            return app, names[person.pk]
    if apps:
        raise NotReachable(in_both("没有绑定企业微信", "is not bound to WeCom"))
    raise NotReachable(in_both("企业没有配置企业微信应用", "the company has no WeCom application"))
