"""Who is asked; every test reads the tasks that a submission opened."""

import pytest

from backend.approvals import routing, services
from backend.approvals.models import Approval, Task
from backend.core import clock
from backend.directory.models import Employee
from tests.backend.approvals.conftest import step

ABOVE_5000 = [{"field": "amount", "op": "gt", "value": "5000"}]


def asked(approval: Approval) -> list[str]:
    """Names of those who are asked now."""
    return sorted(approval.tasks.filter(status="open").values_list("employee__name", flat=True))


def approve(cast, approval: Approval, employee: Employee) -> Approval:
    return services.approve(actor=cast.actor(employee), approval_id=approval.pk, at=clock.now())


def test_the_direct_manager(cast, flow, submit):
    flow(step("manager", "direct_manager"))
    approval = submit(cast.li)
    assert asked(approval) == ["韩梅梅"]
    assert approval.route[0]["escalated"] is False


def test_a_manager_who_left_is_passed_to_her_manager(cast, flow, submit, hire, report_to, leave):
    report_to(cast.han, hire("赵总"))
    leave(cast.han)
    flow(step("manager", "direct_manager"))
    approval = submit(cast.li)
    assert asked(approval) == ["赵总"]
    assert approval.route[0]["escalated"] is True


def test_who_has_no_manager_is_decided_by_an_administrator(cast, flow, submit):
    flow(step("manager", "direct_manager"))
    assert asked(submit(cast.han)) == ["钱进"]


def test_of_several_administrators_one_is_enough_even_in_an_all_sign_step(cast, flow, submit, hire):
    hire("孟总", role="administrator")
    flow(step("manager", "direct_manager", mode="all"))
    approval = submit(cast.han)
    assert asked(approval) == ["孟总", "钱进"]
    assert approve(cast, approval, cast.qian).status == "approved"


def test_nobody_decides_on_himself_not_even_the_last_administrator(cast, flow, submit):
    flow(step("manager", "direct_manager"))
    with pytest.raises(routing.NoApprover):
        submit(cast.qian)
    assert not Approval.objects.exists()
    assert not Task.objects.exists()


def test_a_role_asks_everybody_who_has_it_and_never_the_submitter(cast, flow, submit, hire):
    hire("周会计", role="finance")
    flow(step("finance", "role", "finance"))
    assert asked(submit(cast.li)) == ["周会计", "王芳"]
    assert asked(submit(cast.wang, code="K2")) == ["周会计"]


def test_who_alone_has_the_role_is_decided_further_up(cast, flow, submit, hire, report_to):
    boss = hire("赵总")
    report_to(cast.wang, hire("财务经理", manager=boss))
    flow(step("finance", "role", "finance"))
    assert asked(submit(cast.wang)) == ["赵总"]


def test_a_named_person(cast, flow, submit):
    flow(step("boss", "person", str(cast.zhao.pk)))
    assert asked(submit(cast.li)) == ["赵强"]


def test_a_person_of_another_company_is_nobody(cast, flow, submit):
    flow(step("boss", "person", str(cast.sun.pk)))
    approval = submit(cast.li)
    assert asked(approval) == ["钱进"]
    assert approval.route[0]["escalated"] is True


def test_the_head_of_the_nearest_department_above(cast, flow, submit, hire):
    flow(step("head", "department_head"))
    assert asked(submit(cast.li)) == ["韩梅梅"]  # 上海组 has no manager, 华东区 above it has
    hire("组长", role="manager", department=cast.shanghai)
    assert asked(submit(cast.li, code="K2")) == ["组长"]


def test_the_head_of_a_department_is_decided_by_the_head_above(cast, flow, submit, hire):
    hire("总监", role="manager", department=cast.east.parent)
    flow(step("head", "department_head"))
    assert asked(submit(cast.han)) == ["总监"]


def test_departments_in_a_circle_do_not_hang(cast, flow, submit):
    cast.east.parent = cast.shanghai
    cast.east.save()
    flow(step("head", "role", "nobody-has-this"), step("next", "department_head"))
    assert asked(submit(cast.zhao)) == ["钱进"]
    assert asked(submit(cast.han, code="K2")) == ["钱进"]


def test_a_step_is_taken_only_where_its_conditions_hold(cast, flow, submit):
    flow(step("manager", "direct_manager"), step("finance", "role", "finance", conditions=ABOVE_5000))
    assert [stop["key"] for stop in submit(cast.li, amount="5000").route] == ["manager"]
    assert [stop["key"] for stop in submit(cast.li, amount="5000.01", code="K2").route] == ["manager", "finance"]


def test_who_has_approved_is_not_asked_again(cast, flow, submit, outcomes):
    flow(step("manager", "direct_manager"), step("again", "person", str(cast.han.pk)), step("f", "role", "finance"))
    approval = approve(cast, submit(cast.li), cast.han)
    assert (approval.status, approval.step) == ("pending", 2)
    assert [stop["passed_over"] for stop in approval.route] == [False, True, False]
    assert asked(approval) == ["王芳"]
    assert outcomes == []


def test_a_last_step_with_nobody_new_to_ask_ends_the_approval(cast, flow, submit, outcomes):
    flow(step("manager", "direct_manager"), step("again", "person", str(cast.han.pk)))
    approval = approve(cast, submit(cast.li), cast.han)
    assert approval.status == "approved"
    assert Approval.objects.get(pk=approval.pk).route[1]["passed_over"] is True
    assert outcomes == [("approved", "K1")]


def test_the_colleagues_of_who_approved_are_still_asked(cast, flow, submit, hire):
    hire("周会计", role="finance", manager=cast.wang)
    report_to_wang = hire("新人", manager=cast.wang)
    flow(step("manager", "direct_manager"), step("finance", "role", "finance"))
    approval = approve(cast, submit(report_to_wang), cast.wang)
    assert asked(approval) == ["周会计"]


def test_who_joins_or_leaves_meanwhile_counts_when_the_step_begins(cast, flow, submit, hire, leave):
    flow(step("manager", "direct_manager"), step("finance", "role", "finance"))
    approval = submit(cast.li)
    assert [person["name"] for person in approval.route[1]["people"]] == ["王芳"]
    hire("周会计", role="finance")
    leave(cast.wang)
    assert asked(approve(cast, approval, cast.han)) == ["周会计"]


def test_a_next_step_without_anybody_changes_nothing(cast, flow, submit, leave):
    flow(step("manager", "direct_manager"), step("finance", "role", "finance"))
    approval = submit(cast.li)
    leave(cast.wang)
    Employee.objects.filter(pk=cast.qian.pk).update(is_active=False)  # no service lets the last administrator go
    with pytest.raises(routing.NoApprover):
        approve(cast, approval, cast.han)
    assert asked(approval) == ["韩梅梅"]
