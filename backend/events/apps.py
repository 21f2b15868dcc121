from django.apps import AppConfig

from backend.core.text import bilingual


class EventsConfig(AppConfig):
    name = "backend.events"
    verbose_name = bilingual("事件与投递", "Events and deliveries")
