from django.apps import AppConfig

from backend.core.text import bilingual


class ErpConfig(AppConfig):
    name = "backend.erp"
    verbose_name = bilingual("ERP 对接", "ERP bridge")

    def ready(self) -> None:
        from backend.erp import subscriptions
        from backend.events import registry

        registry.subscribe("erp", ["order.queued"], handler=subscriptions.order_queued)
