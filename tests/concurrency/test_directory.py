"""Two administrators at once: the tree stays a tree, the line stays a line, and one of them remains."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.directory.models import Department, Employee
from backend.directory.selectors import subtree_of
from backend.directory.services import departments, employees, people, roles
from backend.wechat.directory import services as sync
from backend.wechat.directory.models import DepartmentLink
from backend.wechat.directory.snapshot import Party, Snapshot
from tests.support.cast import make_cast
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_opposite_moves_one_is_refused():
    cast = make_cast()
    actor = Actor.system(cast.company.pk)
    pair = (cast.east, cast.north)

    def move(i):
        changes = {"parent_id": pair[1 - i].pk}
        return departments.change_department(actor=actor, department_id=pair[i].pk, changes=changes, at=clock.now())

    outcome = together(2, move)
    assert sorted(getattr(one, "code", "") for one in outcome if isinstance(one, DomainError)) == [
        "circular_departments"
    ]
    root = Department.objects.get(company=cast.company, code="root")
    assert {cast.east.pk, cast.north.pk} <= set(subtree_of(root.pk))


def test_of_two_who_would_manage_each_other_one_is_refused():
    cast = make_cast()
    actor, pair = Actor.system(cast.company.pk), (cast.zhao, cast.wang)

    def put_under(i):
        changes = {"manager_id": pair[1 - i].pk}
        return employees.change_employee(
            actor=actor, employee_id=pair[i].pk, version=1, changes=changes, at=clock.now()
        )

    outcome = together(2, put_under)
    assert [one.code for one in outcome if isinstance(one, DomainError)] == ["circular_reporting"]
    assert Employee.objects.filter(pk__in=[one.pk for one in pair], manager=None).count() == 1


def test_of_two_administrators_who_dismiss_each_other_one_remains():
    cast = make_cast()
    system, at = Actor.system(cast.company.pk), clock.now()
    roles.assign_roles(actor=system, employee_id=cast.wang.pk, role_codes=["administrator"], at=at)
    pair = (cast.qian, cast.wang)
    actors = [cast.actor(one) for one in pair]

    outcome = together(2, lambda i: people.dismiss(actor=actors[i], employee_id=pair[1 - i].pk, at=clock.now()))

    assert [one.code for one in outcome if isinstance(one, DomainError)] == ["last_administrator"]
    assert Employee.objects.filter(pk__in=[one.pk for one in pair], is_active=True).count() == 1


def test_one_code_created_eight_times_at_once_is_one_department():
    cast = make_cast()
    actor = Actor.system(cast.company.pk)
    made = together(
        8, lambda i: departments.create_department(actor=actor, code="south", name="华南区", at=clock.now())
    )
    assert len({department.pk for department, _ in made}) == 1
    assert sum(new for _, new in made) == 1


@pytest.mark.parametrize("is_whole", [False, True], ids=["a callback", "the night"])
def test_a_sync_and_an_administrator_who_move_against_each_other_leave_a_tree(is_whole):
    """WeCom puts 华东区 below 华北区 while he puts 华北区 below 华东区, again and again."""
    cast = make_cast()
    actor = Actor.system(cast.company.pk)
    root = Department.objects.get(company=cast.company, code="root")
    directory = sync.put_directory(actor=actor, corp_id="ww-race")
    linked = {1: root, 2: cast.east, 3: cast.north}
    for number, department in linked.items():
        DepartmentLink.objects.create(
            company=cast.company, directory=directory, external_id=number, department=department, seen_at=clock.now()
        )

    def follow(round_):
        above = (3, 1)[round_ % 2]
        parties = {2: Party(2, "华东区", above)}
        if is_whole:
            parties |= {1: Party(1, "外勤公司", 0), 3: Party(3, "华北区", 1)}
        snapshot = Snapshot(clock.now(), parties=parties, people={}, is_whole=is_whole)
        if is_whole:
            sync.apply_whole(actor=actor, directory_id=directory.pk, snapshot=snapshot, at=clock.now())
        else:
            sync.apply_part(actor=actor, directory_id=directory.pk, snapshot=snapshot, at=clock.now())

    def move(round_):
        changes = {"parent_id": (cast.east, root)[round_ % 2].pk}
        departments.change_department(actor=actor, department_id=cast.north.pk, changes=changes, at=clock.now())

    def work(i):
        refused = 0
        for round_ in range(6):
            try:
                (follow if i % 2 else move)(round_)
            except (departments.CircularDepartments, sync.Superseded):
                refused += 1
        return refused

    outcome = together(4, work)
    assert all(isinstance(refused, int) for refused in outcome), outcome
    assert {cast.east.pk, cast.north.pk, cast.shanghai.pk} <= set(subtree_of(root.pk))
