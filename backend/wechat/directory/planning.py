"""The difference between what the platform says and what we hold, as a list of steps. Pure: nothing is written."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from backend.core.ids import new_id
from backend.directory.models import Employee
from backend.directory.rules import in_circles
from backend.wechat.directory.models import DepartmentLink, DirectoryConflict, MemberLink
from backend.wechat.directory.own import Own
from backend.wechat.directory.snapshot import Party, Person, Snapshot, ordered
from backend.wechat.members import e164

Kind = DirectoryConflict.Kind
Decision = DirectoryConflict.Decision
MAX_NUMBER = 32
SUSPICIOUS_SHARE = 0.2
SUSPICIOUS_AT_LEAST = 5


@dataclass(slots=True)
class PartyStep:
    """A department to create, adopt or bring up to date. `before` is empty for a new one."""

    external_id: int
    department_id: UUID
    name: str
    parent_id: UUID | None
    leaders: tuple[str, ...]
    is_new: bool = False
    is_adopted: bool = False
    before: dict[str, str] = field(default_factory=dict)

    @property
    def has_changed(self) -> bool:
        return not self.is_new and self.before != {"name": self.name, "parent": str(self.parent_id or "")}


@dataclass(slots=True)
class PersonStep:
    """A member to hire, adopt, take back or bring up to date; `after` holds only what differs."""

    person: Person
    employee_id: UUID
    number: str = ""
    is_hired: bool = False
    is_adopted: bool = False
    is_back: bool = False
    leads: bool = False
    after: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    key: str
    name: str
    employee_id: UUID | None = None


@dataclass(slots=True)
class Plan:
    parties: list[PartyStep] = field(default_factory=list)
    people: list[PersonStep] = field(default_factory=list)
    leaving: list[MemberLink] = field(default_factory=list)
    gone_parties: list[DepartmentLink] = field(default_factory=list)
    conflicts: list[Found] = field(default_factory=list)
    leaders: dict[UUID, UUID | None] = field(default_factory=dict)
    """Who leads from now on, by department, where that differs."""
    unseen: int = 0
    held: int = 0
    """Members taken over and not gone before this comparison."""

    @property
    def is_suspicious(self) -> bool:
        """More leave at once than a company loses: rather a visible range changed by mistake, or a broken answer."""
        return len(self.leaving) > max(SUSPICIOUS_AT_LEAST, self.held * SUSPICIOUS_SHARE)


def plan(snapshot: Snapshot, own: Own) -> Plan:
    """What to do so that ours is as theirs. Raises Inconsistent for departments in a circle."""
    made = Plan(unseen=snapshot.unseen, held=sum(link.left_at is None for link in own.members.values()))
    places = _plan_parties(snapshot, own, made)
    _stay_a_tree(made, own)
    people = _People(snapshot, own, made, places)
    people.plan()
    made.leaders = _leaders(made, own, people.who)
    return made


def _plan_parties(snapshot: Snapshot, own: Own, made: Plan) -> dict[int, UUID]:
    """Adds the steps; where each department of theirs is with us."""
    places = {number: link.department_id for number, link in own.parties.items()}
    taken = set(places.values())
    for party in ordered(snapshot.parties):
        link = own.parties.get(party.id)
        if link is not None and link.seen_at > snapshot.taken_at:
            continue
        if link is None and not party.name:
            continue  # out of sight: whoever is below it hangs one higher
        place, above = places.get(party.id), _superior(party, snapshot, places)
        step = PartyStep(party.id, place or new_id(), party.name, above or own.root_id, party.leaders)
        if place is None:
            _settle(step, party.parent_id == 0, own, taken)
        if (ours := own.departments.get(step.department_id)) is not None:
            step.before = {"name": ours.name, "parent": str(ours.parent_id or "")}
            step.name = step.name or ours.name
            if ours.pk == own.root_id:  # the company's own name for itself, and nothing above it
                step.name, step.parent_id = ours.name, None
            elif above is None and link is not None and party.parent_id != 0:
                step.parent_id = ours.parent_id  # its superior is out of sight, not gone
        places[party.id] = step.department_id
        taken.add(step.department_id)
        made.parties.append(step)
    gone = set(snapshot.gone_parties)
    if snapshot.is_whole:
        gone |= own.parties.keys() - snapshot.parties.keys()
    for number in sorted(gone & own.parties.keys()):
        link = own.parties[number]
        if link.gone_at is None and link.seen_at <= snapshot.taken_at:
            made.gone_parties.append(link)
    return places


def _stay_a_tree(made: Plan, own: Own) -> None:
    """Whom the news of one department puts below its own inferior stays where he is: somebody has moved that one here
    meanwhile, or its own news has not come. The night compares everything."""
    parents = {row.pk: row.parent_id for row in own.departments.values()}
    parents |= {step.department_id: step.parent_id for step in made.parties}
    moves = {step.department_id: step for step in made.parties if step.has_changed}
    while circle := in_circles(parents, moves):
        for department_id in circle:
            step = moves.pop(department_id)
            step.parent_id = parents[department_id] = own.departments[department_id].parent_id


def _leaders(made: Plan, own: Own, who: dict[str, UUID]) -> dict[UUID, UUID | None]:
    """The first whom we know. Where the platform names nobody, only a leader of its own naming goes."""
    leaders: dict[UUID, UUID | None] = {}
    for step in made.parties:
        ours, link = own.departments.get(step.department_id), own.parties.get(step.external_id)
        before = ours.leader_id if ours else None
        after = next((who[key] for key in step.leaders if key in who), None)
        named = {own.members[key].employee_id for key in (link.leaders if link else ()) if key in own.members}
        if after != before and (after is not None or (not step.leaders and before in named)):
            leaders[step.department_id] = after
    return leaders


def _superior(party: Party, snapshot: Snapshot, places: dict[int, UUID]) -> UUID | None:
    """The nearest department above that is with us."""
    at = party.parent_id
    while at not in places and at in snapshot.parties:
        at = snapshot.parties[at].parent_id
    return places.get(at)


def _settle(step: PartyStep, is_root: bool, own: Own, taken: set[UUID]) -> None:
    """A department we have no link for: the root is the root, one of its name in its place is the same, else new."""
    if is_root and own.root_id not in taken:
        step.department_id, step.is_adopted = own.root_id, True
        return
    alike = [
        row
        for row in own.departments.values()
        if row.name == step.name and row.parent_id == step.parent_id and row.pk not in taken
    ]
    if len(alike) == 1:
        step.department_id, step.is_adopted = alike[0].pk, True
    else:
        step.is_new = True


class _People:
    """The comparison of members: first who is who, then what differs, then who reports to whom, then who has left."""

    def __init__(self, snapshot: Snapshot, own: Own, made: Plan, places: dict[int, UUID]) -> None:
        self.snapshot, self.own, self.made, self.places = snapshot, own, made, places
        self.leaders = {number: tuple(link.leaders) for number, link in own.parties.items()}
        self.leaders |= {number: party.leaders for number, party in snapshot.parties.items()}
        theirs = {link.department_id: number for number, link in own.parties.items()}
        self.parents: dict[int, int | None] = {
            number: theirs.get(above) if (above := own.departments[link.department_id].parent_id) else None
            for number, link in own.parties.items()
        }
        self.parents |= {number: party.parent_id for number, party in snapshot.parties.items()}
        self.by_number, self.by_phone = own.by_number(), own.by_phone()
        self.linked = {link.employee_id: key for key, link in own.members.items()}
        self.who = {
            key: link.employee_id
            for key, link in own.members.items()
            if link.left_at is None and own.employees[link.employee_id].is_active
        }
        self.numbers = set(self.by_number)

    def plan(self) -> None:
        steps = [step for person in self._present() if (step := self._step(person))]
        self._leavers(moved={step.employee_id for step in steps if step.is_adopted})
        self._managers(steps)
        self.made.people = [step for step in steps if self._does_something(step)]

    def _present(self) -> Iterable[Person]:
        for key, person in sorted(self.snapshot.people.items()):
            link = self.own.members.get(key)
            if person.is_active and (link is None or link.seen_at <= self.snapshot.taken_at):
                yield person

    def _conflict(self, kind: str, person: Person, employee_id: UUID | None = None) -> str:
        """What a person has decided about it. Where he has not, or only noted it, it stands."""
        decided = self.own.decisions.get((kind, person.key), "")
        if decided in ("", Decision.NOTED):
            self.made.conflicts.append(Found(kind, person.key, person.name, employee_id))
        return decided

    def _step(self, person: Person) -> PersonStep | None:
        """Who this member is with us; None where that is not settled."""
        link = self.own.members.get(person.key)
        step = self._new(person) if link is None else self._known(person, link)
        if step is not None:
            self.who[person.key] = step.employee_id
            self.linked.setdefault(step.employee_id, person.key)
            self._differences(step)
        return step

    def _known(self, person: Person, link: MemberLink) -> PersonStep | None:
        employee = self.own.employees[link.employee_id]
        if employee.is_active:
            return PersonStep(person, employee.pk)
        if link.left_at is None:
            said = self._conflict(Kind.DISMISSED_HERE, person, employee.pk)
            return PersonStep(person, employee.pk, is_back=True) if said == Decision.SAME_PERSON else None
        if employee.name == person.name or _has_phone(employee, person):
            return PersonStep(person, employee.pk, is_back=True)
        match self._conflict(Kind.REUSED_ID, person, employee.pk):
            case Decision.SAME_PERSON:
                return PersonStep(person, employee.pk, is_back=True)
            case Decision.OTHER_PERSON:
                return self._hire(person)
        return None

    def _new(self, person: Person) -> PersonStep | None:
        identity = self.own.identities.get(person.key)
        if identity is not None:
            bound = self.own.employees.get(identity.employee_id)
            if bound is not None and bound.is_active and bound.pk not in self.linked:
                return PersonStep(person, bound.pk, is_adopted=True)
            self._conflict(Kind.BOUND_ELSEWHERE, person, bound.pk if bound else None)
            return None
        for kind, other in self._namesakes(person):
            if other.pk in self.linked:
                if kind == Kind.PHONE_TAKEN and self._moved_to(person, other):
                    return PersonStep(person, other.pk, is_adopted=True)
                continue  # taken by another member: two people
            if other.is_active and (
                other.name == person.name or (_has_phone(other, person) and kind == Kind.NUMBER_TAKEN)
            ):
                return PersonStep(person, other.pk, is_adopted=True)
            match self._conflict(kind, person, other.pk):
                case Decision.SAME_PERSON if other.is_active:
                    return PersonStep(person, other.pk, is_adopted=True)
                case Decision.OTHER_PERSON:
                    continue
            return None
        return self._hire(person)

    def _namesakes(self, person: Person) -> Iterable[tuple[str, Employee]]:
        if (other := self.by_number.get(person.key)) is not None:
            yield Kind.NUMBER_TAKEN, other
        if person.phone and (other := self.by_phone.get(person.phone)) is not None:
            yield Kind.PHONE_TAKEN, other

    def _moved_to(self, person: Person, other: Employee) -> bool:
        """The id of a member can be changed once, and the callback that said so was lost: the old one is gone, and name
        and phone are the same."""
        old = self.linked[other.pk]
        return other.name == person.name and self.snapshot.is_whole and old not in self.snapshot.people

    def _hire(self, person: Person) -> PersonStep:
        number = person.user_id
        if len(number) > MAX_NUMBER or number.lower() in self.numbers:
            digest = hashlib.sha256(f"{self.own.directory.corp_id}/{person.key}".encode()).hexdigest()[:8]
            number = f"{person.user_id[: MAX_NUMBER - 9]}-{digest}"
        self.numbers.add(number.lower())
        leads = any(person.key in leaders for leaders in self.leaders.values())
        return PersonStep(person, new_id(), number, is_hired=True, leads=leads)

    def _differences(self, step: PersonStep) -> None:
        person, ours = step.person, self.own.employees.get(step.employee_id)
        wanted: dict[str, object] = {"name": person.name, "department_id": self._place(person, ours)}
        if person.phone and self._may_have_phone(step):
            wanted["phone"] = ours.phone if ours and _has_phone(ours, person) else person.phone
        if person.email:
            wanted["email"] = person.email
        step.after = {name: value for name, value in wanted.items() if ours is None or getattr(ours, name) != value}

    def _may_have_phone(self, step: PersonStep) -> bool:
        other = self.by_phone.get(step.person.phone)
        if other is None or other.pk == step.employee_id:
            return True
        if not step.is_hired:
            self._conflict(Kind.PHONE_TAKEN, step.person, other.pk)
        return False

    def _place(self, person: Person, ours: Employee | None) -> UUID:
        numbers = (person.main_party_id, *person.party_ids)
        if (known := next((self.places[n] for n in numbers if n is not None and n in self.places), None)) is not None:
            return known
        self._conflict(Kind.UNKNOWN_DEPARTMENT, person, ours.pk if ours else None)
        return ours.department_id if ours else self.own.root_id

    def _managers(self, steps: list[PersonStep]) -> None:
        above = dict(self.own.managers)
        for step in steps:
            above[step.employee_id] = self._manager(step) or above.get(step.employee_id)
        for step in steps:
            if _goes_round(step.employee_id, above):
                self._conflict(Kind.CIRCULAR_MANAGER, step.person, step.employee_id)
                before = self.own.managers.get(step.employee_id)
                above[step.employee_id] = before
                if _goes_round(step.employee_id, above):
                    above[step.employee_id] = None
        for step in steps:
            if above[step.employee_id] != self.own.managers.get(step.employee_id):
                step.after["manager_id"] = above[step.employee_id]

    def _manager(self, step: PersonStep) -> UUID | None:
        """The direct leader; else who leads the department, or the nearest one above that somebody else leads."""
        person = step.person
        at = person.main_party_id if person.main_party_id in self.leaders else next(iter(person.party_ids), None)
        seen: set[int] = set()
        candidates = list(person.direct_leaders)
        while at is not None and at not in seen:
            seen.add(at)
            candidates += self.leaders.get(at, ())
            at = self.parents.get(at)
        found = (self.who.get(key) for key in candidates)
        return next((who for who in found if who is not None and who != step.employee_id), None)

    def _leavers(self, moved: set[UUID]) -> None:
        present = {key for key, person in self.snapshot.people.items() if person.is_active}
        absent = set(self.snapshot.gone) | (self.snapshot.people.keys() - present)
        if self.snapshot.is_whole:
            absent |= self.own.members.keys() - present
        for key in sorted((absent - present) & self.own.members.keys()):
            link = self.own.members[key]
            if link.left_at is None and link.seen_at <= self.snapshot.taken_at and link.employee_id not in moved:
                self.made.leaving.append(link)
        self._keep_an_administrator()
        for link in self.made.leaving:
            self.who.pop(link.user_key, None)

    def _keep_an_administrator(self) -> None:
        leaving = {link.employee_id for link in self.made.leaving}
        if not self.own.administrators or self.own.administrators - leaving:
            return
        for link in self.made.leaving:
            if link.employee_id in self.own.administrators:
                name = self.own.employees[link.employee_id].name
                self.made.conflicts.append(Found(Kind.LAST_ADMINISTRATOR, link.user_key, name, link.employee_id))
        self.made.leaving = [link for link in self.made.leaving if link.employee_id not in self.own.administrators]

    def _does_something(self, step: PersonStep) -> bool:
        link = self.own.members.get(step.person.key)
        is_respelt = link is not None and link.user_id != step.person.user_id
        return step.is_hired or step.is_adopted or step.is_back or is_respelt or bool(step.after)


def _has_phone(employee: Employee, person: Person) -> bool:
    return bool(person.phone and employee.phone) and e164(employee.phone) == person.phone


def _goes_round(start: UUID, above: dict[UUID, UUID | None]) -> bool:
    seen, at = {start}, above.get(start)
    while at is not None and at not in seen:
        seen.add(at)
        at = above.get(at)
    return at == start
