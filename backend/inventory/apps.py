from django.apps import AppConfig

from backend.core.text import bilingual


class InventoryConfig(AppConfig):
    name = "backend.inventory"
    verbose_name = bilingual("库存", "Inventory")
