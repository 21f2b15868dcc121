from django.apps import AppConfig

from backend.core.text import bilingual


class CustomersConfig(AppConfig):
    name = "backend.customers"
    verbose_name = bilingual("客户", "Customers")

    def ready(self) -> None:
        from backend.customers.holdings import CO_OWNED, CUSTOMERS
        from backend.customers.models import Customer
        from backend.customers.sheet.exporting import CUSTOMERS as CUSTOMERS_EXPORT
        from backend.customers.sheet.reporting import LEFT
        from backend.directory.holdings import register
        from backend.documents.holdings import shares_move
        from backend.exports import kinds

        register(CUSTOMERS)
        register(CO_OWNED)
        shares_move(Customer)
        kinds.register(CUSTOMERS_EXPORT)
        kinds.register(LEFT)
