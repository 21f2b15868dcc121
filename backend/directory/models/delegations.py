"""Who stands in for whom, and until when."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.text import bilingual


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def visible_to(self, actor: Actor) -> Self:
        """The two whom it concerns, and whoever may arrange it for the giver."""
        rows = self.filter(company_id=actor.company_id)
        if actor.may("directory.manage"):
            return rows
        seen = Q(giver_id=actor.person_id) | Q(delegate_id=actor.person_id)
        if actor.may("handover.manage"):
            seen |= Q(giver__department_id__in=actor.subtree or (actor.department_id,))
        return rows.filter(seen)

    def in_force(self, at: datetime) -> Self:
        """What counts at this moment. It lapses when either of the two leaves."""
        return self.filter(in_force_at(at))


def in_force_at(at: datetime, prefix: str = "") -> Q:
    """`prefix` leads from the queried model to the delegation."""
    names = {
        "starts_at__lte": at,
        "ends_at__gt": at,
        "ended_at__isnull": True,
        "giver__is_active": True,
        "delegate__is_active": True,
    }
    return Q(**{prefix + name: value for name, value in names.items()})


class Delegation(models.Model):
    """A standing delegation (委托): for some days one colleague decides what another is asked, in that one's name.

    The task stays the giver's, who may still decide it himself. A delegate does not pass on what he stands in for.
    """

    class End(models.TextChoices):
        ENDED = "ended", bilingual("提前结束", "ended early")
        LEFT = "left", bilingual("离职", "left the company")
        HANDED_OVER = "handed_over", bilingual("已移交", "handed over")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    giver = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="delegations_given",
        db_index=False,
        verbose_name=bilingual("委托人", "giver"),
    )
    delegate = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="delegations_received",
        db_index=False,
        verbose_name=bilingual("受托人", "delegate"),
    )
    from_on = models.DateField(bilingual("开始日期", "from"))
    to_on = models.DateField(bilingual("结束日期", "to"))
    """Both days included, as the company's calendar had them when it was made; `starts_at` and `ends_at` count."""
    starts_at = models.DateTimeField(bilingual("开始时间", "starts at"))
    ends_at = models.DateTimeField(bilingual("结束时间", "ends at"))
    """The first moment that no longer belongs to it."""
    document_types = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        verbose_name=bilingual("单据类型", "kinds of documents"),
    )
    """Labels such as `expenses.expenserequest`; none means all kinds."""
    reason = models.CharField(bilingual("原因", "reason"), max_length=255, blank=True)
    created_by = models.ForeignKey(
        "directory.Employee", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(bilingual("创建时间", "created at"))
    ended_at = models.DateTimeField(bilingual("提前结束时间", "ended early at"), null=True, blank=True)
    end_reason = models.CharField(max_length=16, choices=End.choices, blank=True)

    giver_id: UUID
    delegate_id: UUID
    CONTENT: ClassVar[tuple[str, ...]] = (
        "company_id",
        "giver_id",
        "delegate_id",
        "from_on",
        "to_on",
        "document_types",
        "reason",
    )
    """What a repeated create must match."""

    objects: ClassVar[models.Manager["Delegation"]] = models.Manager.from_queryset(DelegationQuerySet)()

    class Meta:
        verbose_name = bilingual("委托", "delegation")
        verbose_name_plural = bilingual("委托", "delegations")
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("delegate")), name="nobody_delegates_to_himself"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), to_on__gte=F("from_on")), name="delegation_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="delegation_ended_for_a_reason",
            ),
        ]
        # Few live at a time, however many there were.
        indexes = [
            models.Index(fields=["giver", "ends_at"], condition=Q(ended_at=None), name="delegation_live_of_giver"),
            models.Index(
                fields=["delegate", "ends_at"], condition=Q(ended_at=None), name="delegation_live_of_delegate"
            ),
            models.Index(fields=["giver", "-created_at", "-id"], name="delegation_of_giver"),
            models.Index(fields=["delegate", "-created_at", "-id"], name="delegation_of_delegate"),
        ]

    def __str__(self) -> str:
        return f"{self.from_on} – {self.to_on}"

    def covers(self, document_type: str) -> bool:
        return not self.document_types or document_type in self.document_types

    def state(self, at: datetime) -> str:
        """upcoming, in_force, over, or why it ended early."""
        if self.ended_at is not None:
            return self.end_reason
        if at < self.starts_at:
            return "upcoming"
        return "in_force" if at < self.ends_at else "over"
