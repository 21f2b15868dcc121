from django.apps import AppConfig

from backend.core.text import bilingual


class DemoConfig(AppConfig):
    """Two companies to look at. Not installed in production (backend/settings.py)."""

    name = "infra.demo"
    label = "demo"
    verbose_name = bilingual("演示", "Demo")
