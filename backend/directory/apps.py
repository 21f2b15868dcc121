from django.apps import AppConfig

from backend.core.text import bilingual


class DirectoryConfig(AppConfig):
    name = "backend.directory"
    verbose_name = bilingual("组织架构", "Directory")

    def ready(self) -> None:
        from backend.directory import held, holdings

        holdings.register(held.REPORTS)
        holdings.register(held.DEPARTMENTS)
        holdings.register(held.DELEGATIONS)
