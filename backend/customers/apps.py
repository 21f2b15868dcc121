from django.apps import AppConfig

from backend.core.text import bilingual


class CustomersConfig(AppConfig):
    name = "backend.customers"
    verbose_name = bilingual("客户", "Customers")

    def ready(self) -> None:
        from backend.customers.holdings import CO_OWNED, CUSTOMERS
        from backend.customers.models import Customer
        from backend.directory.holdings import register
        from backend.documents.holdings import shares_move

        register(CUSTOMERS)
        register(CO_OWNED)
        shares_move(Customer)
