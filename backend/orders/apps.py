from django.apps import AppConfig

from backend.core.text import bilingual


class OrdersConfig(AppConfig):
    name = "backend.orders"
    verbose_name = bilingual("订单", "Orders")
