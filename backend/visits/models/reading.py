"""Who has read a visit, and who likes it."""

from uuid import UUID

from django.db import models

from backend.core.text import bilingual
from backend.visits.models.visits import Visit


class VisitReading(models.Model):
    """That somebody other than its owner has read it."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="readings", db_index=False)
    employee = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    read_at = models.DateTimeField(bilingual("阅读时间", "read at"))

    company_id: UUID
    visit_id: UUID
    employee_id: UUID

    class Meta:
        verbose_name = bilingual("已阅", "reading")
        verbose_name_plural = bilingual("已阅", "readings")
        constraints = [models.UniqueConstraint(fields=["visit", "employee"], name="visit_reading_once")]


class VisitLike(models.Model):
    """One a person. What was taken back stays as a row, so that liking it again tells nobody anew."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="likes", db_index=False)
    employee = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    liked_at = models.DateTimeField(bilingual("点赞时间", "liked at"))
    taken_back_at = models.DateTimeField(bilingual("取消时间", "taken back at"), null=True, blank=True)

    company_id: UUID
    visit_id: UUID
    employee_id: UUID

    class Meta:
        verbose_name = bilingual("点赞", "like")
        verbose_name_plural = bilingual("点赞", "likes")
        constraints = [models.UniqueConstraint(fields=["visit", "employee"], name="visit_like_once")]
