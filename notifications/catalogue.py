"""Which event tells whom what, through which channels, how urgently: the whole answer on one page.

Everybody told finds it in the inbox; channels carry it further. Lengths are checked when this module loads.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from backend.core import clock
from backend.directory.models import Device, PendingSignIn
from backend.events.models import Event
from notifications.channels import CHANNELS
from notifications.models import MAX_BODY, MAX_TITLE
from notifications.recipients import (
    absent_and_substitute,
    approvers_and_delegates,
    approvers_of_device,
    co_owners_added,
    former_owner,
    giver_and_delegate,
    handed_over_to,
    in_charge_of_customer,
    in_whose_name,
    manager_of_owner,
    named_companion,
    owner,
    owner_and_followers,
    who_asked_for_export,
    who_follows_up,
    who_uploaded_customers,
)
from notifications.wording import Text, gaps_of

WECOM = ("wecom",)
INBOX_ONLY: tuple[str, ...] = ()
PLAN, SUBSTITUTION = "/visit-plans/{id}", "/visit-substitutions/{id}"
VISIT, APPROVAL, ORDER, FILE = "/visits/{id}", "/approvals/{id}", "/orders/{id}", "/files/{id}"
DELEGATION, HANDOVER, DEVICE = "/delegations/{id}", "/handovers/{id}", "/devices/{id}"
PLACE = "/place-proposals/{id}"
CUSTOMER, EXPORT = "/customers/{id}", "/exports/{id}"
IMPORT = "/customer-imports/{id}"


@dataclass(frozen=True, slots=True)
class Rule:
    recipients: Callable[[Event], Iterable[UUID]]
    title: Text
    body: Text
    path: str
    """Where the client shows the subject."""
    channels: tuple[str, ...] = WECOM
    urgent: bool = False
    """Marked in the inbox, and sent before others where messages queue."""
    applies: Callable[[Event], bool] = lambda event: True
    moot: Callable[[Event], bool] = lambda event: False
    """Whether it has been dealt with meanwhile, so that nobody needs to hear of it any more."""


def doubtful(event: Event) -> bool:
    return bool(event.data["verdict"] != "verified")


def waits_no_longer(event: Event) -> bool:
    asking = PendingSignIn.objects.filter(device_id=event.subject_id, device__status=Device.Status.WAITING)
    return not asking.filter(used_at=None, expires_at__gt=clock.now()).exists()


RULES: dict[str, Rule] = {
    "visit.checked_in": Rule(
        manager_of_owner,
        Text("{owner}的签到存疑：{customer}", "{owner}'s check-in is doubtful: {customer}"),
        Text("结果：{verdict}\n原因：{reasons}", "Result: {verdict}\nReasons: {reasons}"),
        VISIT,
        applies=doubtful,
    ),
    "visit.checked_out": Rule(
        manager_of_owner,
        Text("{owner}完成了拜访：{customer}", "{owner} has finished a visit: {customer}"),
        Text("用时：{minutes} 分钟\n小结：{summary}", "Minutes: {minutes}\nSummary: {summary}"),
        VISIT,
        channels=INBOX_ONLY,
    ),
    "visit.commented": Rule(
        owner,
        Text("{who}点评了您的拜访", "{who} commented on your visit"),
        Text("{text}", "{text}"),
        VISIT,
    ),
    "visit.liked": Rule(
        owner,
        Text("{who}赞了您的拜访", "{who} likes your visit"),
        Text("客户：{customer}", "Customer: {customer}"),
        VISIT,
        channels=INBOX_ONLY,
    ),
    "visit.follow_up_due": Rule(
        who_follows_up,
        Text("今天该跟进：{customer}", "Follow up today: {customer}"),
        Text("下一步：{text}", "Next step: {text}"),
        VISIT,
    ),
    "visit.promise_due": Rule(
        who_follows_up,
        Text("付款承诺到期：{customer}", "A promised payment is due: {customer}"),
        Text("金额：{amount}\n备注：{text}", "Amount: {amount}\nNote: {text}"),
        VISIT,
    ),
    "visit.reviewed": Rule(
        owner,
        Text("您的签到已审核：{decision}", "Your check-in was reviewed: {decision}"),
        Text("审核人：{who}\n理由：{reason}", "By: {who}\nReason: {reason}"),
        VISIT,
    ),
    "visit_plans.assigned": Rule(
        owner,
        Text("{who}为您安排了{count}次拜访", "{who} has planned visits for you: {count}"),
        Text("日期：{period}\n首个客户：{customer}", "Days: {period}\nFirst: {customer}"),
        PLAN,
    ),
    "visit_plan.due_soon": Rule(
        owner,
        Text("{minutes} 分钟后拜访：{customer}", "A visit in {minutes} minutes: {customer}"),
        Text("请按计划出发。", "It is in your plan."),
        PLAN,
    ),
    "visit_plan.cancelled": Rule(
        owner,
        Text("{who}取消了您的一项拜访计划", "{who} has cancelled a visit of your plan"),
        Text(
            "客户：{customer}\n日期：{period}\n原因：{reason}", "Customer: {customer}\nDay: {period}\nReason: {reason}"
        ),
        PLAN,
    ),
    "plan_substitution.arranged": Rule(
        absent_and_substitute,
        Text("{name}代为拜访", "{name} makes visits for a colleague"),
        Text(
            "日期：{period}\n转交计划：{count} 项\n安排人：{who}\n原因：{reason}",
            "Days: {period}\nPlans: {count}\nArranged by: {who}\nReason: {reason}",
        ),
        SUBSTITUTION,
    ),
    "visit.doubted": Rule(
        manager_of_owner,
        Text("{owner}的签到现在存疑：{customer}", "{owner}'s check-in is doubtful now: {customer}"),
        Text("结果：{verdict}\n原因：{reasons}", "Result: {verdict}\nReasons: {reasons}"),
        VISIT,
    ),
    "visit.closed": Rule(
        owner,
        Text("您的拜访已代为签退：{customer}", "You were checked out of a visit: {customer}"),
        Text("操作人：{who}\n理由：{reason}", "By: {who}\nReason: {reason}"),
        VISIT,
    ),
    "visit.companion_invited": Rule(
        named_companion,
        Text("{owner}称您同访了{customer}", "{owner} says you were at {customer} too"),
        Text("请打开拜访确认您也在场。", "Open the visit to confirm that you were there."),
        VISIT,
    ),
    "visit.companion_confirmed": Rule(
        owner,
        Text("{name}确认了同访", "{name} confirms a visit with you"),
        Text("客户：{customer}", "Customer: {customer}"),
        VISIT,
        channels=INBOX_ONLY,
    ),
    "place.proposed": Rule(
        in_charge_of_customer,
        Text("{owner}提议了客户坐标：{customer}", "{owner} proposes where {customer} is"),
        Text("请确认是否采纳。", "Please accept or decline it."),
        PLACE,
        channels=INBOX_ONLY,
    ),
    "place.decided": Rule(
        owner,
        Text("您提议的客户坐标：{decision}", "The place that you proposed: {decision}"),
        Text("客户：{customer}\n处理人：{who}", "Customer: {customer}\nBy: {who}"),
        PLACE,
        channels=INBOX_ONLY,
    ),
    "approval.requested": Rule(
        approvers_and_delegates,
        Text("待您审批：{title}", "Waiting for you: {title}"),
        Text("提交人：{owner}", "From: {owner}"),
        APPROVAL,
        urgent=True,
    ),
    "approval.approved": Rule(
        owner,
        Text("审批通过：{title}", "Approved: {title}"),
        Text("审批人：{who}\n意见：{opinion}", "By: {who}\nOpinion: {opinion}"),
        APPROVAL,
    ),
    "approval.rejected": Rule(
        owner,
        Text("审批驳回：{title}", "Rejected: {title}"),
        Text("审批人：{who}\n意见：{opinion}", "By: {who}\nOpinion: {opinion}"),
        APPROVAL,
        urgent=True,
    ),
    "approval.returned": Rule(
        owner,
        Text("审批退回：{title}", "Returned: {title}"),
        Text("审批人：{who}\n意见：{opinion}", "By: {who}\nOpinion: {opinion}"),
        APPROVAL,
        urgent=True,
    ),
    "approval.decided_on_behalf": Rule(
        in_whose_name,
        Text("已代您审批：{title}", "Decided in your name: {title}"),
        Text("审批人：{who}\n结论：{outcome}\n意见：{opinion}", "By: {who}\nDecision: {outcome}\nOpinion: {opinion}"),
        APPROVAL,
    ),
    "delegation.given": Rule(
        giver_and_delegate,
        Text("{owner}委托{name}代为审批", "{name} decides in {owner}'s name"),
        Text("期间：{period}\n安排人：{who}", "Days: {period}\nArranged by: {who}"),
        DELEGATION,
    ),
    "delegation.ended": Rule(
        giver_and_delegate,
        Text("{owner}的审批委托已提前结束", "{owner}'s delegation has ended early"),
        Text("受托人：{name}\n原期间：{period}\n操作人：{who}", "Delegate: {name}\nDays: {period}\nBy: {who}"),
        DELEGATION,
    ),
    "delegation.handed_over": Rule(
        giver_and_delegate,
        Text("{owner}的审批委托已换人", "Somebody else stands in for {owner}"),
        Text("受托人：{name}\n期间：{period}\n操作人：{who}", "Delegate: {name}\nDays: {period}\nBy: {who}"),
        DELEGATION,
    ),
    "handover.made": Rule(
        handed_over_to,
        Text("{owner}的工作已移交", "{owner}'s work was handed over"),
        Text("接手人：{name}\n内容：{counts}\n操作人：{who}", "To: {name}\nWhat: {counts}\nBy: {who}"),
        HANDOVER,
    ),
    "handover.undone": Rule(
        handed_over_to,
        Text("{owner}的工作移交已撤销", "The handover of {owner}'s work was undone"),
        Text("原接手人：{name}\n操作人：{who}", "Was with: {name}\nBy: {who}"),
        HANDOVER,
    ),
    "customer.assigned": Rule(
        owner,
        Text("客户已分配给您：{name}", "A customer is yours now: {name}"),
        Text("操作人：{who}", "By: {who}"),
        CUSTOMER,
    ),
    "customer.shared": Rule(
        co_owners_added,
        Text("请协同负责客户：{name}", "You answer for a customer too: {name}"),
        Text("负责人：{owner}\n操作人：{who}", "Owner: {owner}\nBy: {who}"),
        CUSTOMER,
        channels=INBOX_ONLY,
    ),
    "customer.returned": Rule(
        former_owner,
        Text("客户因长期未跟进退回公海：{name}", "An idle customer went back to the pool: {name}"),
        Text("可在公海重新领取。", "It can be claimed again."),
        CUSTOMER,
    ),
    "order.submitted": Rule(
        manager_of_owner,
        Text("{owner}提交了订单 {number}", "{owner} submitted order {number}"),
        Text("客户：{customer}", "Customer: {customer}"),
        ORDER,
    ),
    "order.confirmed": Rule(
        owner_and_followers,
        Text("订单 {number} 已确认", "Order {number} is confirmed"),
        Text("客户：{customer}", "Customer: {customer}"),
        ORDER,
    ),
    "order.shipped": Rule(
        owner_and_followers,
        Text("订单 {number} 已发货", "Order {number} has shipped"),
        Text(
            "客户：{customer}\n承运：{carrier}\n运单号：{tracking_number}",
            "Customer: {customer}\nCarrier: {carrier}\nTracking number: {tracking_number}",
        ),
        ORDER,
    ),
    "order.delivered": Rule(
        owner_and_followers,
        Text("订单 {number} 已签收", "Order {number} is delivered"),
        Text("客户：{customer}", "Customer: {customer}"),
        ORDER,
    ),
    "order.invoiced": Rule(
        owner_and_followers,
        Text("订单 {number} 已开票", "Order {number} is invoiced"),
        Text("客户：{customer}\n发票号：{invoice_number}", "Customer: {customer}\nInvoice: {invoice_number}"),
        ORDER,
    ),
    "order.paid": Rule(
        owner_and_followers,
        Text("订单 {number} 已收款", "Order {number} is paid"),
        Text("客户：{customer}\n金额：{amount}", "Customer: {customer}\nAmount: {amount}"),
        ORDER,
    ),
    "order.rejected": Rule(
        owner_and_followers,
        Text("订单 {number} 被 ERP 拒绝", "Order {number} was rejected by the ERP"),
        Text("客户：{customer}\n原因：{reason}", "Customer: {customer}\nReason: {reason}"),
        ORDER,
        urgent=True,
    ),
    "order.alert": Rule(
        owner_and_followers,
        Text("订单 {number} 预警", "Order {number} needs attention"),
        Text("{text}\n客户：{customer}", "{text}\nCustomer: {customer}"),
        ORDER,
        urgent=True,
    ),
    "device.approval_requested": Rule(
        approvers_of_device,
        Text("{owner}的新设备等待批准：{device}", "A new device of {owner} waits for approval: {device}"),
        Text("地址：{address}\n如非本人登录，请拒绝。", "Address: {address}\nRefuse it unless its owner asks for it."),
        DEVICE,
        urgent=True,
        moot=waits_no_longer,
    ),
    "file.refused": Rule(
        owner,
        Text("文件未被接收：{name}", "File refused: {name}"),
        Text("原因：{reason}", "Reason: {reason}"),
        FILE,
    ),
    "customer_import.previewed": Rule(
        who_uploaded_customers,
        Text("客户文件可以确认了：{name}", "Your file of customers can be confirmed: {name}"),
        Text("行数：{rows}", "Rows: {rows}"),
        IMPORT,
        channels=INBOX_ONLY,
    ),
    "customer_import.applied": Rule(
        who_uploaded_customers,
        Text("客户已导入：{name}", "Your customers are imported: {name}"),
        Text("导入行数：{rows}", "Rows imported: {rows}"),
        IMPORT,
    ),
    "customer_import.failed": Rule(
        who_uploaded_customers,
        Text("客户导入失败：{name}", "The import of customers has failed: {name}"),
        Text("原因：{reason}", "Reason: {reason}"),
        IMPORT,
    ),
    "export.ready": Rule(
        who_asked_for_export,
        Text("导出已完成：{kind}", "Your export is ready: {kind}"),
        Text("行数：{rows}\n保留 7 天。", "Rows: {rows}\nIt is kept for 7 days."),
        EXPORT,
    ),
    "export.failed": Rule(
        who_asked_for_export,
        Text("导出失败：{kind}", "Your export has failed: {kind}"),
        Text("原因：{reason}", "Reason: {reason}"),
        EXPORT,
    ),
}
SETTLES = {
    "device.approved": "device.approval_requested",
    "device.revoked": "device.approval_requested",
}
"""Event: the kind of notifications about the same subject that it answers; they count as read."""


def is_urgent(kind: str) -> bool:
    """Of a notification; one whose rule is gone is not."""
    return kind in RULES and RULES[kind].urgent


def check(rules: dict[str, Rule]) -> None:
    """Raises ValueError where a sentence could outgrow the inbox or a channel, or the two languages tell unlike."""
    for name, rule in rules.items():
        ways = [CHANNELS[channel] for channel in rule.channels]
        title_bytes = min([MAX_TITLE, *(way.max_title_bytes for way in ways)])
        body_bytes = min([MAX_BODY, *(way.max_body_bytes for way in ways)])
        for text, most in ((rule.title, title_bytes), (rule.body, body_bytes)):
            if text.longest_bytes > most:
                raise ValueError(f"{name}: {text.zh!r} can reach {text.longest_bytes} bytes of {most}")
            if gaps_of(text.zh) != gaps_of(text.en):
                raise ValueError(f"{name}: {text.zh!r} and {text.en!r} tell different things")


check(RULES)
