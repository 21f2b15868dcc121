from django.apps import AppConfig

from backend.core.text import bilingual


class ExportsConfig(AppConfig):
    name = "backend.exports"
    verbose_name = bilingual("导出", "Exports")

    def ready(self) -> None:
        from backend.exports.selectors import stored_file
        from backend.files import keepers

        keepers.register(stored_file)
