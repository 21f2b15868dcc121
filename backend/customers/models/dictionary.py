"""The company's own words (数据字典) for what its customers are."""

from typing import ClassVar
from uuid import UUID

from django.db import models

from backend.core.text import bilingual


class DictionaryEntry(models.Model):
    """One word of a list. Customers hold its code, so that its name may change; an empty list allows any text."""

    class Kind(models.TextChoices):
        LEVEL = "customer_level", bilingual("客户等级", "customer levels")
        TYPE = "customer_type", bilingual("客户类型", "customer types")
        SOURCE = "customer_source", bilingual("客户来源", "customer sources")
        TAG = "customer_tag", bilingual("客户标签", "customer tags")

    company = models.ForeignKey("directory.Company", models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(bilingual("字典", "list"), max_length=16, choices=Kind.choices)
    code = models.CharField(bilingual("编码", "code"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    name_en = models.CharField(bilingual("英文名称", "English name"), max_length=64, blank=True)
    position = models.PositiveIntegerField(bilingual("排序", "order"), default=0)
    is_active = models.BooleanField(bilingual("启用", "in use"), default=True)
    """Customers keep one that is not; nobody is given it any more."""

    company_id: UUID
    LONGEST: ClassVar[dict[str, int]] = {Kind.LEVEL: 16, Kind.TYPE: 32, Kind.SOURCE: 32, Kind.TAG: 32}
    """Of a code: what the column of a customer holds."""

    class Meta:
        verbose_name = bilingual("字典项", "dictionary entry")
        verbose_name_plural = bilingual("数据字典", "dictionaries")
        constraints = [models.UniqueConstraint(fields=["company", "kind", "code"], name="dictionary_entry_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return str(bilingual(self.name, self.name_en or self.name))
