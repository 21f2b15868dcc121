"""A plan in words, for the person who decides about it."""

from collections.abc import Sequence
from typing import Any

from backend.core.text import in_both
from backend.wechat.directory.own import Own
from backend.wechat.directory.planning import Plan

SHOWN = 200
"""Lines of each kind that are kept; the counts are always of all."""
Report = dict[str, Any]
TITLES = {
    "departments_new": in_both("新部门", "new departments"),
    "departments_changed": in_both("部门更名或移动", "departments renamed or moved"),
    "departments_gone": in_both("部门已删除", "departments gone"),
    "leaders": in_both("负责人变更", "leaders who change"),
    "hired": in_both("新员工", "new people"),
    "adopted": in_both("认领已有员工", "existing people taken over"),
    "back": in_both("恢复在职", "people who are back"),
    "moved": in_both("调部门", "people who move"),
    "changed": in_both("资料变更", "people who change"),
    "leaving": in_both("离职", "people who leave"),
    "conflicts": in_both("冲突", "conflicts"),
    "unseen": in_both("应用不可见", "outside the app's range"),
}


def report_of(plan: Plan, own: Own) -> Report:
    """{"counts": {kind: number}, "lines": {kind: [texts]}}"""
    kept = [step for step in plan.people if not step.is_hired]
    moved = [step for step in kept if "department_id" in step.after]
    lines: dict[str, Sequence[str]] = {
        "departments_new": [step.name for step in plan.parties if step.is_new],
        "departments_changed": [f"{s.before['name']} → {s.name}" for s in plan.parties if s.has_changed],
        "departments_gone": [own.departments[link.department_id].name for link in plan.gone_parties],
        "leaders": [own.departments[pk].name for pk in plan.leaders if pk in own.departments],
        "hired": [f"{step.number} {step.person.name}" for step in plan.people if step.is_hired],
        "adopted": [f"{step.person.user_id} {step.person.name}" for step in kept if step.is_adopted],
        "back": [f"{step.person.user_id} {step.person.name}" for step in kept if step.is_back],
        "moved": [f"{step.person.user_id} {step.person.name}" for step in moved],
        "changed": [
            f"{step.person.user_id} {step.person.name}: {', '.join(sorted(step.after))}"
            for step in kept
            if step.after.keys() - {"department_id"}
        ],
        "leaving": [f"{link.user_id} {own.employees[link.employee_id].name}" for link in plan.leaving],
        "conflicts": [f"{found.kind}: {found.key} {found.name}" for found in plan.conflicts],
    }
    counts = {kind: len(texts) for kind, texts in lines.items()} | {"unseen": plan.unseen}
    return {"counts": counts, "lines": {kind: list(texts)[:SHOWN] for kind, texts in lines.items() if texts}}


def said(report: Report) -> list[str]:
    """For a terminal or a page: a heading with its number, and the lines below."""
    out: list[str] = []
    for kind, number in report["counts"].items():
        if number:
            out.append(f"{TITLES[kind]}: {number}")
            shown = report["lines"].get(kind, [])
            out += [f"  {line}" for line in shown]
            out += [f"  … {number - len(shown)}"] if 0 < len(shown) < number else []
    return out or [in_both("没有差异", "no differences")]
