"""How a corporation's directory and ours correspond, and what became of each comparison."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from backend.core.text import bilingual
from backend.events.owed import Owed


class WecomDirectory(models.Model):
    """The directory of one corporation, as a company takes it over. Its row is the lock of every change."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    corp_id = models.CharField(bilingual("企业 ID", "corporation id"), max_length=64)
    member_role = models.CharField(bilingual("新成员角色", "role of new members"), max_length=32, default="rep")
    leader_role = models.CharField(bilingual("新负责人角色", "role of new leaders"), max_length=32, default="manager")
    imported_at = models.DateTimeField(bilingual("首次导入", "imported at"), null=True, blank=True, editable=False)
    """Null until a person has applied the first comparison: before, callbacks and nights change nothing."""
    checked_at = models.DateTimeField(bilingual("最近核对", "last compared"), null=True, blank=True, editable=False)
    """As of when the whole directory was last applied."""

    class Meta:
        verbose_name = bilingual("企业微信通讯录", "WeCom directory")
        verbose_name_plural = bilingual("企业微信通讯录", "WeCom directories")
        constraints = [models.UniqueConstraint(fields=["company", "corp_id"], name="wecom_directory_once")]

    def __str__(self) -> str:
        return self.corp_id


class DepartmentLink(models.Model):
    """One department under its two ids; it stays through renames and moves."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    directory = models.ForeignKey(WecomDirectory, models.CASCADE, related_name="departments", db_index=False)
    external_id = models.BigIntegerField()
    department = models.ForeignKey("directory.Department", models.CASCADE, related_name="+")
    leaders = ArrayField(models.CharField(max_length=64), default=list)
    """Their user ids in lower case, first the one who leads."""
    seen_at = models.DateTimeField()
    """As of when it was last asked for; what is older changes nothing."""
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = bilingual("部门对应", "linked department")
        verbose_name_plural = bilingual("部门对应", "linked departments")
        constraints = [
            models.UniqueConstraint(fields=["directory", "external_id"], name="wecom_department_once"),
            models.UniqueConstraint(fields=["directory", "department"], name="wecom_department_of_one"),
        ]


class MemberLink(models.Model):
    """One person under his two ids. Only who has one is ever dismissed because WeCom no longer knows him."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    directory = models.ForeignKey(WecomDirectory, models.CASCADE, related_name="members", db_index=False)
    user_id = models.CharField(max_length=64)
    user_key = models.CharField(max_length=64)
    """`user_id` in lower case."""
    employee = models.ForeignKey("directory.Employee", models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    """As of when he was last asked for; what is older changes nothing."""
    left_at = models.DateTimeField(null=True, blank=True)
    """Deleted, disabled or out of the app's range at WeCom since then, and dismissed here for it."""

    class Meta:
        verbose_name = bilingual("成员对应", "linked member")
        verbose_name_plural = bilingual("成员对应", "linked members")
        constraints = [
            models.UniqueConstraint(fields=["directory", "user_key"], name="wecom_member_once"),
            models.UniqueConstraint(fields=["directory", "employee"], name="wecom_member_of_one"),
        ]


class DirectoryConflict(models.Model):
    """What a comparison could not settle by itself. A person decides; the decision holds for every later one."""

    class Kind(models.TextChoices):
        NUMBER_TAKEN = "number_taken", bilingual("工号已属他人", "the number is somebody else's")
        PHONE_TAKEN = "phone_taken", bilingual("手机号已属他人", "the phone is somebody else's")
        BOUND_ELSEWHERE = "bound_elsewhere", bilingual("成员已绑定他人", "the member is bound to somebody else")
        REUSED_ID = "reused_id", bilingual("离职成员的账号被重新使用", "the id of a leaver is used again")
        DISMISSED_HERE = "dismissed_here", bilingual("本系统已离职", "dismissed here, still a member")
        UNKNOWN_DEPARTMENT = "unknown_department", bilingual("部门未知", "unknown department")
        CIRCULAR_MANAGER = "circular_manager", bilingual("上下级成环", "circular reporting line")
        LAST_ADMINISTRATOR = "last_administrator", bilingual("最后一名管理员", "the last administrator")

    class Decision(models.TextChoices):
        SAME_PERSON = "same_person", bilingual("同一人", "the same person")
        OTHER_PERSON = "other_person", bilingual("不同的人", "another person")
        NOTED = "noted", bilingual("已知悉", "noted")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    directory = models.ForeignKey(WecomDirectory, models.CASCADE, related_name="conflicts", db_index=False)
    kind = models.CharField(bilingual("冲突", "conflict"), max_length=32, choices=Kind.choices)
    user_key = models.CharField(bilingual("成员", "member"), max_length=64)
    name = models.CharField(bilingual("姓名", "name"), max_length=64, blank=True)
    employee = models.ForeignKey(
        "directory.Employee",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("对方员工", "our employee"),
    )
    found_at = models.DateTimeField(bilingual("首次发现", "found at"))
    gone_at = models.DateTimeField(bilingual("已消除", "gone at"), null=True, blank=True)
    decision = models.CharField(bilingual("决定", "decision"), max_length=16, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey("directory.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = bilingual("通讯录冲突", "directory conflict")
        verbose_name_plural = bilingual("通讯录冲突", "directory conflicts")
        constraints = [models.UniqueConstraint(fields=["directory", "kind", "user_key"], name="wecom_conflict_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.user_key}"


class SyncRun(Owed):
    """One comparison of the whole directory, owed to a worker: asked for by a person, or by the night."""

    class Mode(models.TextChoices):
        PREVIEW = "preview", bilingual("预览", "preview")
        APPLY = "apply", bilingual("执行", "apply")

    task_name = "wechat.sync_directory"
    id_argument = "run_id"
    lease_s: ClassVar[float] = 900.0

    directory = models.ForeignKey(WecomDirectory, models.CASCADE, related_name="runs", db_index=False)
    mode = models.CharField(bilingual("方式", "mode"), max_length=8, choices=Mode.choices)
    night = models.DateField(bilingual("夜间核对", "night of"), null=True, blank=True)
    """Of the company's calendar; null where a person asked."""
    may_leave = models.PositiveIntegerField(bilingual("已确认离职人数", "confirmed leavers"), default=0)
    """So many leavers a person has confirmed; without, a suspicious number of them stops the run."""
    asked_by = models.ForeignKey("directory.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    report = models.JSONField(bilingual("差异", "differences"), default=dict)

    class Meta(Owed.Meta):
        verbose_name = bilingual("通讯录核对", "directory comparison")
        verbose_name_plural = bilingual("通讯录核对", "directory comparisons")
        constraints = [models.UniqueConstraint(fields=["directory", "night"], name="wecom_one_night_once")]

    def __str__(self) -> str:
        return f"{self.get_mode_display()} #{self.pk}"
