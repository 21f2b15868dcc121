from django.apps import AppConfig

from backend.core.text import bilingual


class ExpensesConfig(AppConfig):
    name = "backend.expenses"
    verbose_name = bilingual("费用", "Expenses")

    def ready(self) -> None:
        from backend.approvals import registry
        from backend.customers import around as customers
        from backend.directory import holdings
        from backend.expenses import around, services
        from backend.expenses.holdings import DRAFTS

        customers.register(around.EXPENSES)
        registry.register(services.DOCUMENT_TYPE)
        holdings.register(DRAFTS)
