from dataclasses import replace

import pytest

from backend.directory.models import Employee
from backend.events.models import Event
from backend.orders.models import Follower
from notifications import catalogue
from notifications.catalogue import RULES
from notifications.channels import CHANNELS
from notifications.facts import facts_of
from notifications.models import Notification
from notifications.wording import GAPS, Text
from tests.notifications.subjects import (
    approval_of,
    customer_of,
    customers_file_of,
    device_of,
    export_of,
    file_of,
    flow_asks,
    handover_of,
    order_of,
    place_of,
    plan_of,
    substitution_of,
    visit_of,
)
from tests.support.cast import Cast
from tests.support.delegations import delegated, over

ORDER = {"number": "SO20261122-0001", "customer": "华联超市"}
DOUBTFUL = {"verdict": "out_of_range", "reasons": ["out_of_range", "new_device"], "customer": "华联超市"}
VISITED = {"customer": "华联超市", "minutes": 25, "summary": "补货两箱"}
COMMENT = {"author": "韩梅梅", "text": "陈列不错"}
DELEGATION = {"owner": "李雷", "name": "王芳", "period": "2026-11-25 – 2026-11-30"}
HANDED = {"owner": "李雷", "name": "王芳", "counts": {"customers": 12, "tasks": 1}}
PLANNED = {"customer": "华联超市", "period": "2026-12-01"}
STANDS_IN = {"name": "赵强", "period": "2026-12-01 – 2026-12-03", "count": "4", "reason": "年假"}
FOLLOWED = {"li", "zhao"}
FOLDERS = {
    "directory.delegation": "delegations",
    "directory.handover": "handovers",
    "directory.device": "devices",
    "exports.export": "exports",
    "customers.customerimport": "customer-imports",
    "visits.visitplan": "visit-plans",
    "visits.plansubstitution": "visit-substitutions",
    "visits.placeproposal": "place-proposals",
}
"""Where the client shows what does not lie under its app's name."""

TOLD = {
    "visit.checked_in": ("visit", "li", DOUBTFUL, {"han"}),
    "visit.checked_out": ("visit", "li", VISITED, {"han"}),
    "visit.commented": ("visit", "han", COMMENT, {"li"}),
    "visit.liked": ("visit", "han", {"customer": "华联超市"}, {"li"}),
    "visit.follow_up_due": ("visit", None, {"customer": "华联超市", "text": "送样"}, {"li"}),
    "visit.promise_due": ("visit", None, {"customer": "华联超市", "amount": "800.00 CNY", "text": "月底"}, {"li"}),
    "visit.reviewed": ("visit", "han", {"decision": "rejected", "reason": "不在门店"}, {"li"}),
    "visit_plans.assigned": ("plan", "han", PLANNED | {"count": "3"}, {"li"}),
    "visit_plan.due_soon": ("plan", None, PLANNED | {"minutes": "25"}, {"li"}),
    "visit_plan.cancelled": ("plan", "han", PLANNED | {"reason": "客户出差"}, {"li"}),
    "plan_substitution.arranged": ("substitution", "han", STANDS_IN, {"li", "zhao"}),
    "visit.doubted": ("visit", None, DOUBTFUL, {"han"}),
    "visit.closed": ("visit", "han", {"customer": "华联超市", "reason": "忘记签退"}, {"li"}),
    "visit.companion_invited": ("visit", "li", {"customer": "华联超市", "name": "韩梅梅"}, {"han"}),
    "visit.companion_confirmed": ("visit", "han", {"customer": "华联超市", "name": "韩梅梅"}, {"li"}),
    "place.proposed": ("place", "li", {"customer": "华联超市", "owner": "李雷"}, {"han"}),
    "place.decided": (
        "place",
        "han",
        {"customer": "华联超市", "owner": "李雷", "decision": "accepted"},
        {"li"},
    ),
    "approval.requested": ("approval", "li", {"title": "差旅费"}, {"han", "wang"}),
    "approval.approved": ("approval", "wang", {"title": "差旅费", "opinion": "同意"}, {"li"}),
    "approval.rejected": ("approval", "wang", {"title": "差旅费", "opinion": "超标"}, {"li"}),
    "approval.returned": ("approval", "wang", {"title": "差旅费", "opinion": "缺发票"}, {"li"}),
    "approval.decided_on_behalf": ("approval", "wang", {"title": "差旅费", "outcome": "approved"}, {"han"}),
    "delegation.given": ("delegation", "qian", DELEGATION, {"li", "wang"}),
    "delegation.ended": ("delegation", "li", DELEGATION, {"wang"}),
    "delegation.handed_over": ("delegation", "qian", DELEGATION, {"li", "wang"}),
    "handover.made": ("handover", "qian", HANDED, {"li", "wang", "han"}),
    "handover.undone": ("handover", "qian", HANDED, {"li", "wang", "han"}),
    "customer.assigned": ("customer", "han", {"name": "华联超市"}, {"li"}),
    "customer.shared": ("customer", "li", {"name": "华联超市"}, {"zhao"}),
    "customer.returned": ("customer", None, {"name": "华联超市"}, {"li"}),
    "order.submitted": ("order", "li", ORDER, {"han"}),
    "order.confirmed": ("order", None, ORDER, FOLLOWED),
    "order.shipped": ("order", None, ORDER | {"carrier": "顺丰", "tracking_number": "SF1"}, FOLLOWED),
    "order.delivered": ("order", None, ORDER, FOLLOWED),
    "order.invoiced": ("order", None, ORDER | {"invoice_number": "24312000000012345678"}, FOLLOWED),
    "order.paid": ("order", None, ORDER | {"amount": "100.00 CNY"}, FOLLOWED),
    "order.rejected": ("order", None, ORDER | {"reason": "信用额度不足"}, FOLLOWED),
    "order.alert": ("order", None, ORDER | {"text": "缺货"}, FOLLOWED),
    "device.approval_requested": (
        "device",
        None,
        {"owner": "李雷", "device": "小米 15", "address": "203.0.113.9"},
        {"li", "qian"},
    ),
    "customer_import.previewed": ("customers_file", None, {"name": "客户.xlsx", "rows": 12}, {"li"}),
    "customer_import.applied": ("customers_file", None, {"name": "客户.xlsx", "rows": 12}, {"li"}),
    "customer_import.failed": ("customers_file", None, {"name": "客户.xlsx", "reason": "column_missing"}, {"li"}),
    "export.ready": ("export", None, {"kind": "customers", "rows": 12}, {"li"}),
    "export.failed": ("export", None, {"kind": "customers", "reason": "too_many_rows"}, {"li"}),
    "file.refused": ("file", None, {"name": "门头.jpg", "reason": "image_damaged"}, {"li"}),
}
"""Event: what it is about (Li Lei's), who does it, its data, and who is told."""


def make_event(cast: Cast, happen, name: str, /, **changes: object) -> Event:
    about, by, data, _ = TOLD[name]
    subjects = {
        "visit": visit_of,
        "plan": plan_of,
        "substitution": lambda owner: substitution_of(owner, cast.zhao),
        "place": place_of,
        "customer": shared_customer,
        "order": followed_order,
        "file": file_of,
        "approval": lambda owner: approval_of(owner, [cast.han, cast.wang]),
        "handover": lambda owner: handover_of(owner, cast.wang),
        "delegation": lambda owner: delegated(owner, cast.wang),
        "device": device_of,
        "export": export_of,
        "customers_file": customers_file_of,
    }
    if name == "approval.requested":
        data = data | {"approvers": [str(cast.han.pk), str(cast.wang.pk)]}
    if name == "visit.companion_invited":
        data = data | {"employee_id": str(cast.han.pk)}
    if about == "customer":
        before = {"owner_id": str(cast.li.pk), "co_owners": []}
        data = data | {"before": before, "after": {"owner_id": None, "co_owners": [str(cast.zhao.pk)]}}
    doer = cast.everybody[by] if by else None
    name_of = cast.han if name == "approval.decided_on_behalf" else None
    return happen(name, subjects[about](cast.li), by=doer, on_behalf_of=name_of, **data | changes)


def shared_customer(owner: Employee):
    customer = customer_of(owner)
    customer.show_to([Employee.objects.get(company_id=owner.company_id, number="1004").pk])
    return customer


def followed_order(owner: Employee):
    order = order_of(owner)
    zhao = Employee.objects.get(company_id=owner.company_id, number="1004")
    order.show_to([zhao.pk])
    Follower.objects.create(company_id=owner.company_id, order=order, employee=zhao)
    return order


def test_every_rule_has_its_row_here():
    assert TOLD.keys() == RULES.keys()


@pytest.mark.parametrize("name", TOLD)
def test_who_is_told_of_what(name: str, cast: Cast, happen, work):
    event = make_event(cast, happen, name)
    work()
    notifications = Notification.objects.filter(event=event).select_related("recipient")
    names = {person.pk: key for key, person in cast.everybody.items()}
    assert {names[notification.recipient_id] for notification in notifications} == TOLD[name][3]
    for notification in notifications:
        assert notification.kind == name
        folder = FOLDERS.get(event.subject_type, event.subject_type.split(".")[0])
        assert notification.path == f"/{folder}/{event.subject_id}"
        assert [message.channel for message in notification.messages.all()] == list(RULES[name].channels)


@pytest.mark.parametrize(
    ("name", "language", "title", "body"),
    [
        ("visit.checked_in", "zh-hans", "李雷的签到存疑：华联超市", "结果：超出范围\n原因：不在客户附近、新设备"),
        (
            "visit.checked_in",
            "en",
            "李雷's check-in is doubtful: 华联超市",
            "Result: out of range\nReasons: not near the customer、new device",
        ),
        ("visit.reviewed", "zh-hans", "您的签到已审核：不认可", "审核人：韩梅梅\n理由：不在门店"),
        ("export.failed", "en", "Your export has failed: customers", "Reason: too many rows; ask for fewer"),
        ("file.refused", "en", "File refused: 门头.jpg", "Reason: the picture is damaged"),
        ("approval.requested", "zh-hans", "待您审批：差旅费", "提交人：李雷"),
        ("approval.requested", "en", "Waiting for you: 差旅费", "From: 李雷"),
        ("handover.made", "zh-hans", "李雷的工作已移交", "接手人：王芳\n内容：待审批 1、客户 12\n操作人：钱进"),
        (
            "handover.made",
            "en",
            "李雷's work was handed over",
            "To: 王芳\nWhat: Decisions that wait for him 1、Customers 12\nBy: 钱进",
        ),
    ],
)
def test_everybody_reads_it_in_his_language(name, language, title, body, cast: Cast, happen, work):
    Employee.objects.update(language=language)
    event = make_event(cast, happen, name)
    work()
    told = Notification.objects.filter(event=event).order_by("recipient__number")[0]
    assert (told.title, told.body) == (title, body)


def test_who_stands_in_for_an_approver_is_told_too(cast: Cast, happen, work):
    delegated(cast.han, cast.zhao)
    delegated(cast.wang, cast.li)  # who submitted it, and hears of it when it is decided
    over(delegated(cast.qian, cast.wang))
    approval = approval_of(cast.li, [cast.han, cast.wang, cast.qian])
    flow_asks(approval, [cast.han, cast.wang, cast.qian])
    asked = [str(person.pk) for person in (cast.han, cast.wang, cast.qian)]
    event = happen("approval.requested", approval, by=cast.li, title="差旅费", approvers=asked)
    work()
    told = Notification.objects.filter(event=event).values_list("recipient__name", flat=True)
    assert set(told) == {"韩梅梅", "王芳", "钱进", "赵强"}


def test_a_verified_check_in_is_nobodys_news(cast: Cast, happen, work):
    happen("visit.checked_in", visit_of(cast.li), by=cast.li, verdict="verified", reasons=[], customer="华联超市")
    work()
    assert not Notification.objects.exists()


def test_a_line_with_nothing_to_tell_is_left_out(cast: Cast, happen, work):
    make_event(cast, happen, "approval.approved", opinion="")
    make_event(cast, happen, "visit.commented", text="")
    work()
    [approved, commented] = Notification.objects.filter(recipient=cast.li).order_by("kind")
    assert approved.body == "审批人：王芳"
    assert commented.body == commented.title == "韩梅梅点评了您的拜访"


def test_what_people_wrote_stays_one_line_and_no_sentence_of_ours(cast: Cast, happen, work):
    make_event(cast, happen, "visit.commented", text="好\n审批人：{who}\x07")
    work()
    assert Notification.objects.get(recipient=cast.li).body == "好 审批人：{who}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", TOLD)
def test_no_event_outgrows_the_inbox_or_a_channel(name: str, language: str, cast: Cast, happen, work):
    endless = dict.fromkeys(GAPS, "审" * 1000) | {"verdict": "suspect", "reasons": ["stale_fix"] * 100}
    Employee.objects.update(language=language, name="艾" * 64)
    make_event(cast, happen, name, **endless)
    work()
    for told in Notification.objects.all():
        for channel in (CHANNELS[channel] for channel in RULES[name].channels):
            assert len(told.title.encode()) <= channel.max_title_bytes
            assert len(told.body.replace("\n", "<br>").encode()) <= channel.max_body_bytes
    assert Notification.objects.exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"title": Text("{opinion}", "{opinion}")}, "300 bytes of 128"),
        ({"body": Text("{text}\n{reason}", "{text}\n{reason}")}, "604 bytes of 512"),
        ({"body": Text("一" * 171, "one")}, "513 bytes of 512"),
        ({"title": Text("{title}", "{number}")}, "tell different things"),
    ],
)
def test_a_sentence_that_cannot_do_is_found_when_the_code_loads(changes: dict, complaint: str):
    rule = replace(RULES["approval.approved"], **changes)
    with pytest.raises(ValueError, match=complaint):
        catalogue.check({"approval.approved": rule})


def test_a_gap_nobody_can_fill_is_found_when_the_code_loads():
    rule = replace(RULES["approval.approved"], body=Text("{opinon}", "{opinon}"))
    with pytest.raises(KeyError, match="opinon"):
        catalogue.check({"approval.approved": rule})


def test_every_gap_is_used():
    used = "".join(rule.title.zh + rule.body.zh for rule in RULES.values())
    assert {gap for gap in GAPS if f"{{{gap}}}" in used} == set(GAPS)


def test_facts_are_in_the_bounds_promised(cast: Cast, happen):
    event = make_event(cast, happen, "approval.approved", opinion="😀" * 500)
    opinion = facts_of(event, sees=lambda _: True)["opinion"]
    assert opinion.endswith("…")
    assert GAPS["opinion"] - 4 < len(opinion.encode()) <= GAPS["opinion"]
