"""What was moved from one person to others, so that it can be read and undone."""

from typing import ClassVar, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.text import bilingual


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those it concerns, the leaver's manager, and whoever may arrange it for the leaver."""
        rows = self.filter(company_id=actor.company_id)
        if actor.may("directory.manage"):
            return rows
        me = actor.person_id
        seen = Q(leaver_id=me) | Q(created_by_id=me) | Q(leaver__manager_id=me) | Q(successor_ids__contains=[me])
        if actor.may("handover.manage"):
            seen |= Q(leaver__department_id__in=actor.subtree or (actor.department_id,))
        return rows.filter(seen)


class Handover(models.Model):
    """工作移交: everything a person held, moved to one or several successors in one transaction."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    leaver = models.ForeignKey(
        "directory.Employee", models.PROTECT, related_name="+", verbose_name=bilingual("移交人", "from")
    )
    successor = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("接手人", "successor"),
    )
    """Of whatever has no successor of its own."""
    successor_ids = ArrayField(models.UUIDField(), default=list)
    """All who were given something."""
    plan = models.JSONField(bilingual("安排", "plan"))
    """As it was asked for: what a repeated create must match."""
    reason = models.CharField(bilingual("原因", "reason"), max_length=255, blank=True)
    counts = models.JSONField(bilingual("数量", "counts"), default=dict)
    """{key of the holding: how many were moved}."""
    created_by = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("操作人", "by"),
    )
    created_at = models.DateTimeField(bilingual("移交时间", "at"))
    undone_at = models.DateTimeField(bilingual("撤销时间", "undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        "directory.Employee", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    leaver_id: UUID
    successor_id: UUID

    objects: ClassVar[models.Manager["Handover"]] = models.Manager.from_queryset(HandoverQuerySet)()

    class Meta:
        verbose_name = bilingual("工作移交", "handover")
        verbose_name_plural = bilingual("工作移交", "handovers")
        constraints = [models.CheckConstraint(condition=~Q(leaver=models.F("successor")), name="handover_to_another")]
        indexes = [models.Index(fields=["company", "-created_at", "-id"], name="handover_newest")]

    def __str__(self) -> str:
        return f"{self.leaver} → {self.successor}"


class HandoverItem(models.Model):
    """One thing of a handover: what it was, where it went, and whether it came back."""

    class Outcome(models.TextChoices):
        MOVED = "moved", bilingual("已移交", "moved")
        KEPT = "kept", bilingual("未移交", "not moved")
        PUT_BACK = "put_back", bilingual("已退回", "put back")
        NOT_PUT_BACK = "not_put_back", bilingual("未退回", "not put back")

    class Why(models.TextChoices):
        """Why it stays where it is."""

        OWN_SUBMISSION = "own_submission", bilingual("接手人是提交人", "the successor submitted it")
        ALREADY_ASKED = "already_asked", bilingual("接手人已是审批人", "the successor is asked already")
        OWN_DELEGATION = "own_delegation", bilingual("委托人就是接手人", "the successor is who gave it")
        DELEGATION_CONFLICT = "delegation_conflict", bilingual("与其他委托冲突", "another delegation forbids it")
        MOVED_ON = "moved_on", bilingual("已另有归属", "it has gone on to somebody else")
        CLOSED = "closed", bilingual("已办结", "it was dealt with meanwhile")
        GONE = "gone", bilingual("已不存在", "it is no longer there")
        CIRCULAR = "circular", bilingual("上下级会成环", "the reporting line would form a circle")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="items", db_index=False)
    kind = models.CharField(bilingual("类别", "kind"), max_length=32)
    """Key of the holding."""
    row_id = models.CharField(max_length=36)
    """Primary key of the row that has a new holder."""
    label = models.CharField(bilingual("内容", "what"), max_length=255)
    successor = models.ForeignKey(
        "directory.Employee", models.PROTECT, related_name="+", db_index=False, verbose_name=bilingual("接手人", "to")
    )
    before = models.JSONField(bilingual("移交前", "before"), default=dict)
    after = models.JSONField(bilingual("移交后", "after"), default=dict)
    outcome = models.CharField(bilingual("结果", "outcome"), max_length=16, choices=Outcome.choices)
    why = models.CharField(bilingual("原因", "why"), max_length=32, choices=Why.choices, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = bilingual("移交明细", "handover item")
        verbose_name_plural = bilingual("移交明细", "handover items")
        constraints = [
            models.UniqueConstraint(fields=["handover", "kind", "row_id"], name="handed_over_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["moved", "put_back"], why="")
                | Q(outcome__in=["kept", "not_put_back"]) & ~Q(why=""),
                name="handover_item_stays_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["handover", "outcome", "-id"], name="handover_item_by_outcome")]

    def __str__(self) -> str:
        return self.label
