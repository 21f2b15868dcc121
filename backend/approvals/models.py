from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet

from backend.core import clock
from backend.core.actor import Actor
from backend.core.text import bilingual
from backend.directory.models.delegations import in_force_at
from backend.documents.models import Document

TITLE_LENGTH = 255


class Flow(models.Model):
    """Who approves one type of document in one company. What it says is in its versions."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    document_type = models.CharField(bilingual("单据类型", "document type"), max_length=64)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    is_active = models.BooleanField(bilingual("启用", "active"), default=True)

    class Meta:
        verbose_name = bilingual("审批流程", "approval flow")
        verbose_name_plural = bilingual("审批流程", "approval flows")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document_type"], condition=Q(is_active=True), name="one_active_flow_per_type"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FlowVersion(models.Model):
    """What a flow says since it was published; never changed, because running approvals follow it."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    flow = models.ForeignKey(Flow, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(bilingual("版本", "number"))
    definition = models.JSONField(bilingual("定义", "definition"))
    """A list of steps as described in `approvals.rules`."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = bilingual("流程版本", "flow version")
        verbose_name_plural = bilingual("流程版本", "flow versions")
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_once")]

    def __str__(self) -> str:
        return f"{self.flow} v{self.number}"


class Approval(Document):
    """One document's way through its approvers; the owner is the submitter."""

    class Status(models.TextChoices):
        PENDING = "pending", bilingual("审批中", "pending")
        APPROVED = "approved", bilingual("已通过", "approved")
        REJECTED = "rejected", bilingual("已驳回", "rejected")
        WITHDRAWN = "withdrawn", bilingual("已撤回", "withdrawn")

    resource = "approval"

    # The composite indexes below begin with these columns and serve their foreign keys too.
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("提交人", "submitter"),
    )
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    flow_version = models.ForeignKey(FlowVersion, models.PROTECT, related_name="+")
    document_type = models.CharField(bilingual("单据类型", "document type"), max_length=64)
    document_id = models.UUIDField(bilingual("单据", "document"))
    title = models.CharField(bilingual("标题", "title"), max_length=TITLE_LENGTH)
    summary = models.JSONField(bilingual("摘要", "summary"), default=dict)
    """What the document said when it was submitted."""
    route = models.JSONField(bilingual("路线", "route"))
    """The steps this document takes, a list of `routing.Stop`. Later steps name whom submission expected; who is
    asked is settled when a step begins, because people move."""
    step = models.PositiveSmallIntegerField(bilingual("当前节点", "current step"), default=0)
    """Index into `route`; of a finished approval, the step that finished it."""
    status = models.CharField(
        bilingual("状态", "status"), max_length=16, choices=Status.choices, default=Status.PENDING
    )
    submitted_at = models.DateTimeField(bilingual("提交时间", "submitted at"))
    finished_at = models.DateTimeField(bilingual("结束时间", "finished at"), null=True, blank=True)

    class Meta:
        verbose_name = bilingual("审批", "approval")
        verbose_name_plural = bilingual("审批", "approvals")
        constraints = [
            models.UniqueConstraint(
                fields=["document_type", "document_id"], condition=Q(status="pending"), name="one_pending_approval"
            ),
            models.CheckConstraint(
                condition=Q(status="pending", finished_at=None) | ~Q(status="pending") & Q(finished_at__isnull=False),
                name="approval_pending_or_finished",
            ),
        ]
        indexes = [
            models.Index(fields=["document_type", "document_id"], name="approval_of_document"),
            models.Index(fields=["company", "-submitted_at", "-id"], name="approval_of_company"),
            models.Index(fields=["department", "-submitted_at", "-id"], name="approval_of_department"),
            models.Index(fields=["owner", "-submitted_at", "-id"], name="approval_of_owner"),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def also_visible_to(cls, actor: Actor) -> Q:
        """What he may decide in another's name, as long as it is so."""
        return Q(pk__in=stood_in_for(delegate_id=actor.person_id, at=clock.now()).values("approval_id"))

    @property
    def is_pending(self) -> bool:
        return self.status == self.Status.PENDING


class Task(models.Model):
    """One person is asked to decide one step."""

    class Status(models.TextChoices):
        OPEN = "open", bilingual("待处理", "open")
        APPROVED = "approved", bilingual("已同意", "approved")
        REJECTED = "rejected", bilingual("已驳回", "rejected")
        CANCELLED = "cancelled", bilingual("已取消", "cancelled")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    approval = models.ForeignKey(Approval, models.PROTECT, related_name="tasks", db_index=False)
    step = models.PositiveSmallIntegerField(bilingual("节点", "step"))
    employee = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("审批人", "approver"),
    )
    status = models.CharField(bilingual("状态", "status"), max_length=16, choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField(bilingual("开始时间", "opened at"))
    closed_at = models.DateTimeField(bilingual("结束时间", "closed at"), null=True, blank=True)

    class Meta:
        verbose_name = bilingual("待办", "task")
        verbose_name_plural = bilingual("待办", "tasks")
        constraints = [
            models.UniqueConstraint(fields=["approval", "step", "employee"], name="one_task_per_step_and_person"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | ~Q(status="open") & Q(closed_at__isnull=False),
                name="task_open_or_closed",
            ),
        ]
        # Conditions on `closed_at`, because a generic plan cannot match `status = $1` to one on `status`.
        indexes = [models.Index(fields=["employee", "approval"], condition=Q(closed_at=None), name="task_todo")]

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_decided(self) -> bool:
        """By its own person or in his name, so it has a decision."""
        return self.status in {self.Status.APPROVED, self.Status.REJECTED}


def stood_in_for(*, delegate_id: UUID, at: datetime) -> QuerySet[Task]:
    """Open tasks that this person may decide in the name of those they belong to: never about what he submitted."""
    given = "employee__delegations_given__"
    all_kinds = Q(**{f"{given}document_types": []})
    this_kind = Q(**{f"{given}document_types__contains": [F("approval__document_type")]})
    mine = Q(**{f"{given}delegate_id": delegate_id}) & ~Q(approval__owner_id=delegate_id)
    return Task.objects.filter(in_force_at(at, given), all_kinds | this_kind, mine, closed_at=None)


class Decision(models.Model):
    """What a person said to his task, and from where. Never changed, never deleted."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", bilingual("同意", "approved")
        REJECTED = "rejected", bilingual("驳回", "rejected")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    task = models.OneToOneField(Task, models.PROTECT, related_name="decision")
    by = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        "directory.Employee", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    verdict = models.CharField(bilingual("结论", "verdict"), max_length=16, choices=Verdict.choices)
    opinion = models.TextField(bilingual("意见", "opinion"), blank=True)
    at = models.DateTimeField(bilingual("时间", "at"))
    address = models.CharField(bilingual("地址", "address"), max_length=64, blank=True)
    device = models.CharField(bilingual("设备", "device"), max_length=128, blank=True)

    class Meta:
        verbose_name = bilingual("审批意见", "decision")
        verbose_name_plural = bilingual("审批意见", "decisions")
        indexes = [models.Index(fields=["by", "-at"], name="decision_of_person")]
