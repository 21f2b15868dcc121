"""The ERP systems of a company and what passes between them and Waiqin; each message is a row before it is anything."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from backend.core import secrets
from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.events.owed import Owed


class ErpSystem(models.Model):
    """One ERP installation of a company. Its id is the public part of its webhook's address."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", bilingual("签名消息", "signed messages")
        FILE = "file", bilingual("文件", "files")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    code = models.SlugField(bilingual("代码", "code"), max_length=32, db_index=False)
    """The `source` of the order events that come from it."""
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    kind = models.CharField(bilingual("类型", "kind"), max_length=16, choices=Kind.choices)
    push_url = models.URLField(bilingual("推送地址", "push address"), max_length=500, blank=True)
    """Where orders are sent; empty: they wait to be exported as a file."""
    on_premise = models.BooleanField(bilingual("内网部署", "on premises"), default=False)
    """The administrator's permission to push to a private address, and there without TLS."""
    receives_orders = models.BooleanField(bilingual("接收订单", "receives orders"), default=False)
    """An order goes to exactly one ERP, so at most one system of a company does."""
    secret_encrypted = models.TextField(editable=False)
    previous_secret_encrypted = models.TextField(blank=True, editable=False)
    paused_at = models.DateTimeField(bilingual("暂停时间", "paused at"), null=True, blank=True)
    """Nothing is sent to it since then; what it tells is still taken in."""
    paused_reason = models.CharField(bilingual("暂停原因", "paused because"), max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    company_id: UUID

    class Meta:
        verbose_name = bilingual("ERP 系统", "ERP system")
        verbose_name_plural = bilingual("ERP 系统", "ERP systems")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="erp_system_code_once"),
            models.UniqueConstraint(fields=["company"], condition=Q(receives_orders=True), name="erp_one_for_orders"),
            models.CheckConstraint(condition=~Q(code="waiqin"), name="erp_system_is_not_waiqin"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def live_secrets(self) -> list[str]:
        """The signing secrets that hold, newest first: two while one replaces the other. Raises Unreadable."""
        stored = (self.secret_encrypted, self.previous_secret_encrypted)
        return [secrets.decrypted(text) for text in stored if text]


class ErpLink(models.Model):
    """One thing under its two names."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    system = models.ForeignKey(ErpSystem, models.PROTECT, related_name="+", db_index=False)
    entity = models.CharField(bilingual("对象", "entity"), max_length=32)
    """Label of our model, such as `orders.order`."""
    local_id = models.UUIDField(bilingual("本系统编号", "our id"))
    external_id = models.CharField(bilingual("ERP 编号", "their id"), max_length=128)
    linked_at = models.DateTimeField()

    class Meta:
        verbose_name = bilingual("对应关系", "link")
        verbose_name_plural = bilingual("对应关系", "links")
        constraints = [
            models.UniqueConstraint(fields=["system", "entity", "local_id"], name="erp_link_once_here"),
            models.UniqueConstraint(fields=["system", "entity", "external_id"], name="erp_link_once_there"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.external_id}"


class Outbox(Owed):
    """One message owed to one system. What will be sent is settled when the row is written."""

    task_name = "erp.push"
    id_argument = "outbox_id"

    system = models.ForeignKey(ErpSystem, models.PROTECT, related_name="outbox", db_index=False)
    entity = models.CharField(bilingual("对象", "entity"), max_length=32)
    local_id = models.UUIDField()
    key = models.CharField(bilingual("幂等键", "idempotency key"), max_length=64)
    """The receiver takes a second message under this key for the first. For an order: its number.

    One message under this key about this document goes to one system, whatever is switched meanwhile.
    """
    payload = models.JSONField(bilingual("内容", "content"))
    listed_at = models.DateTimeField(bilingual("可导出时间", "listed at"), null=True, blank=True)
    """Where files carry the orders: since when this one waits for, or has been in, an export."""
    exported_at = models.DateTimeField(bilingual("导出时间", "exported at"), null=True, blank=True)

    class Meta(Owed.Meta):
        verbose_name = bilingual("待发消息", "outgoing message")
        verbose_name_plural = bilingual("发件箱", "outbox")
        constraints = [
            models.UniqueConstraint(fields=["system", "key"], name="erp_outbox_key_once"),
            models.UniqueConstraint(fields=["entity", "local_id", "key"], name="erp_outbox_one_system"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"


class InboxMessage(Owed):
    """One verified message of a system, kept as it came, until it is applied.

    Pending with `waiting_for`: parked, because it speaks of orders that are not known (yet).
    """

    task_name = "erp.apply"
    id_argument = "message_id"

    system = models.ForeignKey(ErpSystem, models.PROTECT, related_name="inbox", db_index=False)
    external_id = models.CharField(bilingual("消息编号", "message id"), max_length=128)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the raw body: tells a repeated message from a reused id."""
    payload = models.JSONField(bilingual("内容", "content"))
    waiting_for = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=bilingual("等待单号", "waits for")
    )
    received_at = models.DateTimeField(bilingual("收到时间", "received at"))

    FIELD_CLASSES: ClassVar[Classes] = {"payload": ("stock", "receivable")}

    class Meta(Owed.Meta):
        verbose_name = bilingual("收到的消息", "incoming message")
        verbose_name_plural = bilingual("收件箱", "inbox")
        constraints = [models.UniqueConstraint(fields=["system", "external_id"], name="erp_inbox_once")]
        indexes = [
            *Owed.Meta.indexes,
            GinIndex(fields=["waiting_for"], name="erp_inbox_waits_for"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ImportFile(models.Model):
    """One file taken in, by its content: the same file again continues the same record."""

    class Content(models.TextChoices):
        ORDER_EVENTS = "order_events", bilingual("订单进度", "order events")
        STOCK = "stock", bilingual("库存", "stock")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    system = models.ForeignKey(ErpSystem, models.PROTECT, related_name="+", db_index=False)
    content = models.CharField(bilingual("内容", "content"), max_length=16, choices=Content.choices)
    name = models.CharField(bilingual("文件名", "file name"), max_length=255)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the file."""
    imported_by = models.ForeignKey("directory.Employee", models.PROTECT, null=True, related_name="+")
    """Null: from the command line."""
    first_seen_at = models.DateTimeField(bilingual("首次导入", "first seen at"))
    """Its rows are as of this moment where they name none themselves, so a second run changes nothing."""
    finished_at = models.DateTimeField(bilingual("完成时间", "finished at"), null=True, blank=True)
    applied = models.PositiveIntegerField(bilingual("已更新", "applied"), default=0)
    """Rows, like the counts below, of the latest run."""
    unchanged = models.PositiveIntegerField(bilingual("无变化", "unchanged"), default=0)
    parked = models.PositiveIntegerField(bilingual("待匹配", "parked"), default=0)
    failed = models.PositiveIntegerField(bilingual("有误", "failed"), default=0)

    class Meta:
        verbose_name = bilingual("导入文件", "imported file")
        verbose_name_plural = bilingual("导入文件", "imported files")
        constraints = [models.UniqueConstraint(fields=["system", "content", "digest"], name="erp_import_once")]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """A row of a file that needs attention: refused with a reason, or parked until its order is known."""

    class Status(models.TextChoices):
        PARKED = "parked", bilingual("待匹配", "parked")
        FAILED = "failed", bilingual("有误", "failed")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(bilingual("行号", "row"))
    """As a spreadsheet counts: the heading is row 1."""
    status = models.CharField(bilingual("状态", "status"), max_length=8, choices=Status.choices)
    reason = models.CharField(bilingual("原因", "reason"), max_length=255)

    class Meta:
        verbose_name = bilingual("导入行", "imported row")
        verbose_name_plural = bilingual("导入行", "imported rows")
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="erp_import_row_once")]
