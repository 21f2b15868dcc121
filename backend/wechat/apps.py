import logging

from django.apps import AppConfig

from backend.core.text import bilingual


class WechatConfig(AppConfig):
    name = "backend.wechat"
    label = "wechat"
    verbose_name = bilingual("企业微信", "WeCom")

    def ready(self) -> None:
        from backend.directory import tenants
        from backend.wechat import corporations
        from backend.wechat.callbacks import clicks, registry
        from backend.wechat.callbacks.messages import ChangeContactEvent, TemplateCardEvent, TemplateCardMenuEvent
        from backend.wechat.directory import signals

        tenants.register(corporations.of_company)
        registry.handle(ChangeContactEvent.event, signals.contact_changed)
        registry.handle(TemplateCardEvent.event, clicks.record_click)
        registry.handle(TemplateCardMenuEvent.event, clicks.record_click)
        # At DEBUG urllib3 logs every address with its query, and WeCom puts secrets and tokens there.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
