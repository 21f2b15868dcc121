from django.apps import AppConfig

from backend.core.text import bilingual


class FilesConfig(AppConfig):
    name = "backend.files"
    verbose_name = bilingual("附件", "Files")
