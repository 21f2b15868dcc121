from django.apps import AppConfig

from backend.core.text import bilingual


class ApprovalsConfig(AppConfig):
    name = "backend.approvals"
    verbose_name = bilingual("审批", "Approvals")

    def ready(self) -> None:
        from backend.approvals.holdings import TASKS
        from backend.directory.holdings import register

        register(TASKS)
