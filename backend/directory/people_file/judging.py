"""What holds for the company as a whole: references, circles, telephones, accounts, and that an administrator remains.

Each rule is about the company as it would be with the good rows applied. A row found wrong drops out, which may make
others wrong: hence again, until nothing moves. What remains good can be applied without the rest.
"""

from collections import deque
from collections.abc import Callable, Iterable
from uuid import UUID

from backend.core.actor import Actor
from backend.directory.people_file.columns import TITLES
from backend.directory.people_file.planning import Plan, Planner, Step, digits_of
from backend.directory.people_file.reading import Table
from backend.directory.people_file.state import State
from backend.directory.rules import in_circles

CHAIN_SHOWN = 6


def plan(table: Table, state: State, actor: Actor) -> Plan:
    made = Planner(state, actor).compare(table)
    judge = _Judge(made, state, actor)
    while judge.drop_out():
        pass
    return made


class _Judge:
    def __init__(self, made: Plan, state: State, actor: Actor) -> None:
        self.plan, self.state, self.actor = made, state, actor
        self.rules: tuple[Callable[[], None], ...] = (
            self._references,
            self._departments,
            self._reporting,
            self._who_is_here,
            self._telephones,
            self._accounts,
            self._administrators,
        )

    def drop_out(self) -> bool:
        """Whether a good row has turned out not to be one."""
        before = sum(step.is_good for step in self.plan.steps)
        for rule in self.rules:
            rule()
        return sum(step.is_good for step in self.plan.steps) < before

    def _good(self, steps: Iterable[Step]) -> list[Step]:
        return [step for step in steps if step.is_good]

    def _references(self) -> None:
        """Whatever leans on a wrong row is wrong, however far."""
        leaning: dict[int, list[tuple[str, Step]]] = {}
        for step in self.plan.steps:
            for column, other in step.needs:
                leaning.setdefault(id(other), []).append((column, step))
        wrong = deque(step for step in self.plan.steps if not step.is_good)
        while wrong:
            other = wrong.popleft()
            sheet = "/".join(TITLES[other.line.kind])
            for column, step in leaning.pop(id(other), ()):
                if step.is_good:
                    step.fault(column, "depends_on_error", row=other.line.number, sheet=sheet)
                    wrong.append(step)

    def _departments(self) -> None:
        parents = {row.pk: row.parent_id for row in self.state.departments.values()}
        codes = {row.pk: row.code for row in self.state.departments.values()}
        self._circles(self.plan.departments, "parent", "parent_id", parents, codes, "circular_departments")

    def _reporting(self) -> None:
        managers = {row.pk: row.manager_id for row in self.state.employees.values()}
        numbers = {row.pk: row.number for row in self.state.employees.values()}
        self._circles(self.plan.employees, "manager", "manager_id", managers, numbers, "circular_reporting")

    def _circles(
        self,
        steps: list[Step],
        column: str,
        target: str,
        above: dict[UUID, UUID | None],
        names: dict[UUID, str],
        code: str,
    ) -> None:
        placed = {step.id: step for step in self._good(steps) if target in step.after}
        above |= {pk: step.after[target] for pk, step in placed.items()}
        names |= {step.id: step.key for step in steps}
        for pk in in_circles(above, placed):
            placed[pk].fault(column, code, chain=_chain(pk, above, names))

    def _who_is_here(self) -> None:
        """Nobody is newly put under, or made leader, who has left; nobody into a department that is dissolved."""
        gone = {row.pk for row in self.state.employees.values() if not row.is_active}
        gone -= {step.id for step in self._good(self.plan.employees) if step.is_back}
        gone |= {step.id for step in self._good(self.plan.employees) if step.leaves}
        for step in self._good(self.plan.steps):
            for column, target in (("leader", "leader_id"), ("manager", "manager_id")):
                if (pk := step.after.get(target)) in gone and pk is not None:
                    step.fault(column, "employee_left", value=self.state.employees[pk].number)
            if step.is_back and "department_id" not in step.after:
                home = self.state.departments[self.state.employees[step.id].department_id]
                revived = any(s.id == home.pk for s in self._good(self.plan.departments))
                if home.dissolved_at is not None and not revived:
                    step.fault("department", "department_dissolved", value=home.code)

    def _telephones(self) -> None:
        """A telephone proves who somebody is: no two have the same. Old doubles are left until somebody changes one."""
        good = self._good(self.plan.employees)
        here = {row.pk: row.phone for row in self.state.employees.values() if row.is_active}
        here |= {step.id: self.state.employees[step.id].phone for step in good if step.is_back}
        here |= {step.id: step.after["phone"] for step in good if "phone" in step.after}
        for step in good:
            if step.leaves:
                here.pop(step.id, None)
        owners: dict[str, list[UUID]] = {}
        for pk, phone in here.items():
            if phone:
                owners.setdefault(digits_of(phone), []).append(pk)
        names = {row.pk: row.number for row in self.state.employees.values()} | {step.id: step.key for step in good}
        for step in good:
            own = here.get(step.id)
            if own and ("phone" in step.after or step.is_back):
                others = [pk for pk in owners[digits_of(own)] if pk != step.id]
                if others:
                    step.fault("phone", "phone_taken", number=names[others[0]])

    def _accounts(self) -> None:
        bound = {pk: identity.subject_key for pk, identity in self.state.identities.items()}
        setting = [step for step in self._good(self.plan.employees) if step.wecom is not None]
        bound |= {step.id: (step.wecom or "").lower() for step in setting}
        count: dict[str, int] = {}
        for key in bound.values():
            count[key] = count.get(key, 0) + 1
        for step in setting:
            if step.wecom and count[step.wecom.lower()] > 1:
                step.fault("wecom", "wecom_taken")

    def _administrators(self) -> None:
        administers = self.state.administers
        active = {row.pk for row in self.state.employees.values() if row.is_active}
        before = {pk for pk in active if administers(self.state.roles_of.get(pk, ()))}
        after, losing = set(before), []
        for step in self._good(self.plan.employees):
            roles = self.state.roles_of.get(step.id, frozenset()) if step.roles is None else step.roles
            stays = step.is_new or step.is_back or step.id in active
            if stays and not step.leaves and administers(roles):
                after.add(step.id)
            elif step.id in before:
                after.discard(step.id)
                losing.append(step)
        for step in losing:
            column = "status" if step.leaves else "roles"
            if step.id == self.actor.employee_id:
                step.fault(column, "locks_you_out")
            elif before and not after:
                step.fault(column, "last_administrator")
        for step in self._good(self.plan.employees):
            if step.leaves and step.id == self.actor.employee_id:
                step.fault("status", "locks_you_out")


def _chain(start: UUID, above: dict[UUID, UUID | None], names: dict[UUID, str]) -> str:
    """`A → B → A`, shortened in the middle of nowhere."""
    way, at = [names[start]], above.get(start)
    while at is not None and at != start and len(way) < CHAIN_SHOWN:
        way.append(names[at])
        at = above.get(at)
    return " → ".join([*way, names[start] if at == start else "…"])
