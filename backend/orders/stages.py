"""The words for where an order stands, with their names for people; stored, shown and folded by `rules`."""

from django.db.models import TextChoices

from backend.core.text import bilingual


class Status(TextChoices):
    """Where the order stands between Waiqin and the ERP."""

    DRAFT = "draft", bilingual("草稿", "draft")
    IN_APPROVAL = "in_approval", bilingual("审批中", "in approval")
    APPROVED = "approved", bilingual("已批准", "approved")
    QUEUED = "queued", bilingual("待传 ERP", "queued for the ERP")
    SENT = "sent", bilingual("已传 ERP", "sent to the ERP")
    ACCEPTED = "accepted", bilingual("ERP 已接单", "accepted by the ERP")
    REJECTED = "rejected", bilingual("ERP 已拒单", "rejected by the ERP")
    CANCELLED = "cancelled", bilingual("已取消", "cancelled")


class Kind(TextChoices):
    """What can happen to an order, in natural order: it decides between events of the same moment."""

    SUBMITTED = "submitted", bilingual("已提交", "submitted")
    SENT = "sent", bilingual("已传 ERP", "sent to the ERP")
    RECEIVED = "received", bilingual("ERP 已收到", "received by the ERP")
    IN_REVIEW = "in_review", bilingual("ERP 审核中", "in review")
    CONFIRMED = "confirmed", bilingual("已确认", "confirmed")
    HELD = "held", bilingual("已冻结", "held")
    RELEASED = "released", bilingual("已解冻", "released")
    PRODUCTION = "production", bilingual("生产", "production")
    PICKED = "picked", bilingual("已拣货", "picked")
    SHIPPED = "shipped", bilingual("已发货", "shipped")
    DELIVERED = "delivered", bilingual("已签收", "delivered")
    INVOICED = "invoiced", bilingual("已开票", "invoiced")
    PAID = "paid", bilingual("已收款", "paid")
    RETURNED = "returned", bilingual("已退货", "returned")
    ALERT = "alert", bilingual("预警", "alert")
    VOIDED = "voided", bilingual("已撤销", "taken back")
    REJECTED = "rejected", bilingual("已拒绝", "rejected")
    CANCELLED = "cancelled", bilingual("已取消", "cancelled")
    CLOSED = "closed", bilingual("已关闭", "closed")


class Approval(TextChoices):
    NONE = "none", bilingual("未处理", "none")
    RECEIVED = "received", bilingual("已收到", "received")
    IN_REVIEW = "in_review", bilingual("审核中", "in review")
    CONFIRMED = "confirmed", bilingual("已确认", "confirmed")
    REJECTED = "rejected", bilingual("已拒绝", "rejected")
    CANCELLED = "cancelled", bilingual("已取消", "cancelled")
    CLOSED = "closed", bilingual("已关闭", "closed")


class Production(TextChoices):
    NONE = "none", bilingual("无", "none")
    PLANNED = "planned", bilingual("已排产", "planned")
    RUNNING = "running", bilingual("生产中", "running")
    DONE = "done", bilingual("已完工", "done")


class Shipping(TextChoices):
    NONE = "none", bilingual("未发货", "none")
    PICKING = "picking", bilingual("拣货中", "picking")
    PART_SHIPPED = "part_shipped", bilingual("部分发货", "partly shipped")
    SHIPPED = "shipped", bilingual("已发货", "shipped")
    DELIVERED = "delivered", bilingual("已签收", "delivered")
    RETURNED = "returned", bilingual("已退货", "returned")


class Payment(TextChoices):
    NONE = "none", bilingual("未开票", "none")
    PART_INVOICED = "part_invoiced", bilingual("部分开票", "partly invoiced")
    INVOICED = "invoiced", bilingual("已开票", "invoiced")
    PART_PAID = "part_paid", bilingual("部分收款", "partly paid")
    PAID = "paid", bilingual("已收款", "paid")


class Label(TextChoices):
    """The one word on the phone."""

    DRAFT = "draft", bilingual("草稿", "draft")
    IN_APPROVAL = "in_approval", bilingual("审批中", "in approval")
    APPROVED = "approved", bilingual("已批准", "approved")
    QUEUED = "queued", bilingual("待传 ERP", "queued")
    SENT = "sent", bilingual("已传 ERP", "sent")
    IN_REVIEW = "in_review", bilingual("ERP 审核中", "in review")
    CONFIRMED = "confirmed", bilingual("已确认", "confirmed")
    IN_PRODUCTION = "in_production", bilingual("生产中", "in production")
    PRODUCED = "produced", bilingual("已完工", "produced")
    PICKING = "picking", bilingual("拣货中", "picking")
    PART_SHIPPED = "part_shipped", bilingual("部分发货", "partly shipped")
    SHIPPED = "shipped", bilingual("已发货", "shipped")
    DELIVERED = "delivered", bilingual("已签收", "delivered")
    INVOICED = "invoiced", bilingual("已开票", "invoiced")
    PAID = "paid", bilingual("已收款", "paid")
    RETURNED = "returned", bilingual("已退货", "returned")
    REJECTED = "rejected", bilingual("已拒绝", "rejected")
    CANCELLED = "cancelled", bilingual("已取消", "cancelled")
    CLOSED = "closed", bilingual("已关闭", "closed")


class Block(TextChoices):
    """What an order waits for, so that nobody must call to ask."""

    APPROVAL = "approval", bilingual("待审批", "approval")
    CREDIT = "credit", bilingual("信用", "credit")
    STOCK = "stock", bilingual("缺货", "stock")
    ERP_ERROR = "erp_error", bilingual("ERP 对接异常", "ERP connection")
