from django.apps import AppConfig

from backend.core.text import bilingual


class CustomersConfig(AppConfig):
    name = "backend.customers"
    verbose_name = bilingual("客户", "Customers")
