from django.apps import AppConfig

from backend.core.text import bilingual


class CatalogConfig(AppConfig):
    name = "backend.catalog"
    verbose_name = bilingual("商品", "Catalog")
