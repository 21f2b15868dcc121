from django.apps import AppConfig

from backend.core.text import bilingual


class DocumentsConfig(AppConfig):
    name = "backend.documents"
    verbose_name = bilingual("单据", "Documents")

    def ready(self) -> None:
        from backend.directory.holdings import register
        from backend.documents.holdings import SHARES

        register(SHARES)
