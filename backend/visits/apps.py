from django.apps import AppConfig

from backend.core.text import bilingual


class VisitsConfig(AppConfig):
    name = "backend.visits"
    verbose_name = bilingual("拜访", "Visits")
