from django.apps import AppConfig

from backend.core.text import bilingual


class ExpensesConfig(AppConfig):
    name = "backend.expenses"
    verbose_name = bilingual("费用", "Expenses")

    def ready(self) -> None:
        from backend.approvals import registry
        from backend.expenses import services

        registry.register(services.DOCUMENT_TYPE)
