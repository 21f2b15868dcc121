from django.apps import AppConfig

from backend.core.text import bilingual


class ApprovalsConfig(AppConfig):
    name = "backend.approvals"
    verbose_name = bilingual("审批", "Approvals")
