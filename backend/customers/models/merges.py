"""Two entries of one customer become one, and may be parted again."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q

from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers.models.customer import Customer


class Merge(models.Model):
    """`merged` lies in the recycle bin since then; taking it out again undoes the merge."""

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    kept = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=bilingual("保留", "kept"))
    merged = models.ForeignKey(
        Customer, models.PROTECT, related_name="merges", verbose_name=bilingual("并入", "merged")
    )
    filled = models.JSONField(bilingual("补全的字段", "filled in"), default=dict)
    """{column: value} that the kept one had not and got from the merged one."""
    co_owner = models.ForeignKey("directory.Employee", models.PROTECT, null=True, related_name="+", db_index=False)
    """The merged one's owner, where the merge made him a co-owner of the kept one."""
    merged_by = models.ForeignKey("directory.Employee", models.PROTECT, null=True, related_name="+", db_index=False)
    merged_at = models.DateTimeField(bilingual("合并时间", "merged at"))
    undone_at = models.DateTimeField(bilingual("撤销时间", "undone at"), null=True, blank=True)

    kept_id: UUID
    merged_id: UUID
    company_id: UUID
    co_owner_id: UUID | None

    class Meta:
        verbose_name = bilingual("客户合并", "merge of customers")
        verbose_name_plural = bilingual("客户合并", "merges of customers")
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="merged_once"),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merged_with_another"),
        ]

    def __str__(self) -> str:
        return f"{self.merged} → {self.kept}"


class MergedRow(models.Model):
    """Something that followed the merged customer to the kept one, and follows it back."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows", db_index=False)
    kind = models.CharField(max_length=32)
    """Key of a facet, or a part of the customer."""
    row_id = models.UUIDField()

    class Meta:
        verbose_name = bilingual("合并明细", "row of a merge")
        verbose_name_plural = bilingual("合并明细", "rows of a merge")
        constraints = [models.UniqueConstraint(fields=["merge", "kind", "row_id"], name="merged_row_once")]
