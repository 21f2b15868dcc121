from django.apps import AppConfig

from backend.core.text import bilingual


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = bilingual("通知", "Notifications")

    def ready(self) -> None:
        from backend.events import registry
        from notifications import catalogue, services

        registry.subscribe("notifications", {*catalogue.RULES, *catalogue.SETTLES}, handler=services.handle)
