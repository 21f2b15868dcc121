"""Row by row: who or what is meant, and what differs. Pure: nothing is written.

A row names others by code or number, wherever they stand; identities of new ones are chosen here, so that rows may
point to each other. What only shows when all rows are looked at together is in `judging`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.directory.models import Department, Employee, Identity
from backend.directory.people_file.columns import ACTIVE_WORDS, CLEAR, DEPARTMENTS, KEYS, LEFT_WORDS
from backend.directory.people_file.problems import Problem
from backend.directory.people_file.reading import Line, Table, clean, plain
from backend.directory.people_file.state import State

CODE = re.compile(r"[A-Za-z0-9_.:-]+")
PHONE = re.compile(r"[0-9+().,;#*-]+")
EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
POSITION = re.compile(r"[0-9]{1,9}")
MOST = {"code": 32, "number": 32, "name": 64, "phone": 32, "email": 254, "wecom": 64}
LAST_SHOWN = 64


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(slots=True)
class Step:
    """One row, and what is to be done for it."""

    line: Line
    key: str
    id: UUID
    is_new: bool
    after: dict[str, Any] = field(default_factory=dict)
    """Fields of the record that differ, or that a new one has."""
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    needs: list[tuple[str, "Step"]] = field(default_factory=list)
    """Column → the row that makes what this one refers to."""
    roles: frozenset[str] | None = None
    """All that he is to have, where that differs."""
    wecom: str | None = None
    """The account that is to be bound, where that differs; empty: none."""
    is_back: bool = False
    leaves: bool = False

    @property
    def is_good(self) -> bool:
        return not self.problems

    @property
    def outcome(self) -> str:
        if self.problems:
            return "error"
        return "created" if self.is_new else "changed" if self.changes else "unchanged"

    def fault(self, column: str, code: str, **about: Any) -> None:
        self.problems.append(Problem(column, code, about))


@dataclass(slots=True)
class Plan:
    departments: list[Step] = field(default_factory=list)
    employees: list[Step] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        return [*self.departments, *self.employees]


class Planner:
    def __init__(self, state: State, actor: Actor) -> None:
        self.state, self.actor = state, actor
        self.plan = Plan()
        self.by_code: dict[str, Step] = {}
        self.by_number: dict[str, Step] = {}

    def compare(self, table: Table) -> Plan:
        for line in table.lines:
            is_department = line.kind == DEPARTMENTS
            steps = self.plan.departments if is_department else self.plan.employees
            steps.append(self._identified(line, self.by_code if is_department else self.by_number))
        for step in self.plan.departments:
            self._department(step)
        for step in self.plan.employees:
            self._employee(step)
        return self.plan

    def _identified(self, line: Line, known_steps: dict[str, Step]) -> Step:
        name = KEYS[line.kind]
        text = line.text(name)
        key = text.lower()
        held = (self.state.by_code if line.kind == DEPARTMENTS else self.state.by_number).get(key)
        step = Step(line, text, held or new_id(), is_new=held is None)
        if not text:
            step.fault(name, "missing")
        elif held is None:
            self._check_text(step, name, CODE)
            if step.is_good and (lost := self.state.by_digits.get(key)) and _may_have_lost_zeros(line, name):
                step.fault(name, "leading_zeros_lost", value=text, known=lost[0])
        if text and (other := known_steps.setdefault(key, step)) is not step:
            step.fault(name, "duplicate", row=other.line.number)
            if not any(problem.code == "duplicate" for problem in other.problems):
                other.fault(name, "duplicate", row=line.number)
        return step

    # Departments

    def _department(self, step: Step) -> None:
        ours = self.state.departments.get(step.id)
        self._text(step, "name", ours.name if ours else "", required=True)
        if ours is None or step.line.text("parent"):
            self._refer(step, "parent", "parent_id", ours, self._parent)
        if step.line.text("leader"):
            self._refer(step, "leader", "leader_id", ours, self._person)
        if (text := step.line.text("position")) and text != str(ours.position if ours else 0):
            if trap := step.line.trap("position"):
                step.problems.append(trap)
            elif not POSITION.fullmatch(text):
                step.fault("position", "bad_value", value=text[:LAST_SHOWN])
            else:
                self._differs(step, "position", "position", int(text), str(ours.position) if ours else "", text)
        if ours is not None and ours.dissolved_at is not None:
            self._differs(step, "status", "dissolved_at", None, "dissolved", "active")

    def _parent(self, step: Step, text: str) -> UUID | None:
        return self.state.root_id if not text else self._place(step, "parent", text)

    def _place(self, step: Step, name: str, text: str) -> UUID | None:
        """The department of this code; adds the problem where there is none."""
        made, held = self.by_code.get(text.lower()), self.state.by_code.get(text.lower())
        ours = self.state.departments[held] if held else None
        if made is not None and (ours is None or ours.dissolved_at is not None):
            step.needs.append((name, made))
        elif ours is None:
            self._unknown(step, name, text, "unknown_department")
        elif ours.dissolved_at is not None:
            step.fault(name, "department_dissolved", value=text[:LAST_SHOWN])
        return made.id if made is not None else held

    # Employees

    def _employee(self, step: Step) -> None:
        ours = self.state.employees.get(step.id)
        self._text(step, "name", ours.name if ours else "", required=True)
        self._text(step, "phone", ours.phone if ours else "", pattern=PHONE, same=digits_of)
        self._text(step, "email", ours.email if ours else "", pattern=EMAIL)
        if step.line.text("department"):
            self._refer(step, "department", "department_id", ours, lambda s, text: self._place(s, "department", text))
        elif ours is None:
            step.fault("department", "missing")
        if step.line.text("manager"):
            self._refer(step, "manager", "manager_id", ours, self._manager)
        self._roles(step)
        self._wecom(step)
        self._status(step, ours)
        if ours is not None and step.changes and ours.pk != self.actor.employee_id:
            self._require_power(step, self.state.roles_of.get(ours.pk, frozenset()))

    def _manager(self, step: Step, text: str) -> UUID | None:
        found = self._person(step, text, name="manager")
        if found == step.id:
            step.fault("manager", "own_manager")
        return found

    def _person(self, step: Step, text: str, *, name: str = "leader") -> UUID | None:
        made, held = self.by_number.get(text.lower()), self.state.by_number.get(text.lower())
        if held is None and made is None:
            self._unknown(step, name, text, "unknown_employee")
        elif made is not None and held is None:
            step.needs.append((name, made))
        return held or (made.id if made else None)

    def _roles(self, step: Step) -> None:
        text = step.line.text("roles")
        if not text:
            return
        named = {} if text == CLEAR else {part.lower(): part for part in re.split(r"[,;、/|]+", text) if part}
        known = {code.lower(): code for code in self.state.roles}
        for part in named.keys() - known.keys():
            step.fault("roles", "unknown_role", value=named[part][:LAST_SHOWN])
        wanted = frozenset(known[part] for part in named.keys() & known.keys())
        held = self.state.roles_of.get(step.id, frozenset())
        if wanted != held:
            self._require_power(step, wanted ^ held)
            step.roles = wanted
            self._note(step, "roles", ",".join(sorted(held)), ",".join(sorted(wanted)))

    def _wecom(self, step: Step) -> None:
        text = step.line.text("wecom")
        bound = self.state.identities.get(step.id)
        before = bound.subject if bound else ""
        after = "" if text == CLEAR else text
        if not text or after.lower() == before.lower():
            return
        if trap := step.line.trap("wecom"):
            step.problems.append(trap)
        elif len(after) > MOST["wecom"]:
            step.fault("wecom", "too_long", most=MOST["wecom"])
        elif self.state.corporation is None:
            step.fault("wecom", "no_wecom")
        elif Identity.key_of(Identity.Provider.WECOM, after) in self.state.foreign_subjects:
            step.fault("wecom", "wecom_taken")
        else:
            step.wecom = after
            self._note(step, "wecom", before, after)

    def _status(self, step: Step, ours: Employee | None) -> None:
        text = step.line.text("status").lower()
        if text and text not in ACTIVE_WORDS | LEFT_WORDS:
            step.fault("status", "bad_value", value=text[:LAST_SHOWN])
        leaves = text in LEFT_WORDS
        if ours is None:
            if leaves:
                step.fault("status", "has_left")
        elif not ours.is_active:
            step.is_back = text in ACTIVE_WORDS
            if step.is_back:
                self._note(step, "status", "left", "active")
            elif step.changes:
                step.fault("status", "has_left")
        elif leaves:
            step.leaves = True
            self._note(step, "status", "active", "left")

    def _require_power(self, step: Step, roles: frozenset[str]) -> None:
        beyond = sorted(roles - self.state.grantable)
        if beyond and not any(problem.code == "grants_too_much" for problem in step.problems):
            step.fault("roles", "grants_too_much", role=beyond[0])

    # Cells

    def _text(
        self,
        step: Step,
        name: str,
        before: str,
        *,
        required: bool = False,
        pattern: re.Pattern[str] | None = None,
        same: Callable[[str], str] | None = None,
    ) -> None:
        """A field of words. What says the same as before, however it is written, is left."""
        text = step.line.text(name)
        if not text:
            if required and step.is_new:
                step.fault(name, "missing")
            return
        alike = same or (clean if pattern is None else plain)
        after = "" if text == CLEAR and not required else text
        if alike(after) == alike(before):
            return
        if after:
            self._check_text(step, name, pattern)
        self._differs(step, name, name, after, before, after)

    def _check_text(self, step: Step, name: str, pattern: re.Pattern[str] | None) -> None:
        text = step.line.text(name)
        if trap := step.line.trap(name):
            step.problems.append(trap)
        elif len(text) > MOST[name]:
            step.fault(name, "too_long", most=MOST[name])
        elif pattern is not None and not pattern.fullmatch(text):
            step.fault(name, "bad_value", value=text[:LAST_SHOWN])

    def _refer(
        self,
        step: Step,
        name: str,
        target: str,
        ours: Department | Employee | None,
        find: Callable[[Step, str], UUID | None],
    ) -> None:
        """Another department or employee. One that stays is not judged again: he may have left since."""
        text = step.line.text(name)
        held = getattr(ours, target) if ours else None
        before = self._named(name, held)
        if ours is not None and text.lower() == plain(before).lower():
            return
        if text == CLEAR and name != "department":
            found = None
        elif trap := step.line.trap(name):
            step.problems.append(trap)
            return
        else:
            found = find(step, text)
        if ours is None or found != held:
            self._differs(step, name, target, found, before, "" if text == CLEAR else text or self._named(name, found))

    def _named(self, name: str, pk: UUID | None) -> str:
        """Its code or number."""
        if pk is None:
            return ""
        if name in ("parent", "department"):
            return self.state.departments[pk].code
        return self.state.employees[pk].number

    def _unknown(self, step: Step, name: str, text: str, code: str) -> None:
        if (lost := self.state.by_digits.get(text)) and _may_have_lost_zeros(step.line, name):
            step.fault(name, "leading_zeros_lost", value=text, known=lost[0])
        else:
            step.fault(name, code, value=text[:LAST_SHOWN])

    def _differs(self, step: Step, name: str, target: str, value: Any, before: str, after: str) -> None:
        step.after[target] = value
        self._note(step, name, before, after)

    def _note(self, step: Step, name: str, before: str, after: str) -> None:
        if before != after:
            step.changes.append(Change(name, before[:255], after[:255]))


def digits_of(phone: str) -> str:
    """What tells telephones apart, however they are written; mainland numbers with or without the country's code."""
    digits = re.sub(r"\D", "", plain(phone)).removeprefix("00")
    return (digits.removeprefix("86") if len(digits) > 11 else digits) or plain(phone)


def _may_have_lost_zeros(line: Line, name: str) -> bool:
    """A text cell of a workbook is meant as it stands; a number is not, nor is what CSV has been saved as."""
    return line.is_from_csv or not isinstance(line.cells.get(name), str)
