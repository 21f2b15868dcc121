"""Files applied at once, and while others change the directory: one after another, whole, or told to look again."""

import pytest

from backend.core import clock
from backend.core.errors import DomainError
from backend.directory.models import Department, DirectoryImport, Employee, RoleAssignment
from backend.directory.selectors import subtree_of
from backend.directory.services import departments as tree
from backend.directory.services import imports
from backend.events.models import Event
from tests.support.cast import make_cast
from tests.support.people_file import DEPARTMENTS, EMPLOYEES, departments, people, workbook
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def upload(cast, content: bytes) -> DirectoryImport:
    actor = cast.actor(cast.qian)
    return imports.upload(actor=actor, name="people.xlsx", content=content, at=clock.now())[0]


def test_one_import_confirmed_eight_times_at_once_is_applied_once():
    cast = make_cast()
    made = upload(
        cast,
        workbook(
            部门=[DEPARTMENTS, ["south", "华南区", "", "2001"]],
            员工=[EMPLOYEES, ["2001", "林琳", "south", "", "manager", "", ""], ["1004", "", "", "", "", "", "离职"]],
        ),
    )
    actor = cast.actor(cast.qian)

    def confirm(_):
        return imports.apply(actor=actor, import_id=made.pk, preview=made.preview, at=clock.now())

    outcome = together(8, confirm)
    assert {getattr(one, "status", one) for one in outcome} == {"applied"}
    assert Employee.objects.filter(company=cast.company, number="2001").count() == 1
    for name in ("directory.imported", "employee.hired", "employee.dismissed", "department.created"):
        about = Event.objects.filter(company=cast.company, name=name, actor=cast.qian)
        assert about.count() == 1, name


def test_two_files_with_the_same_new_people_hire_them_once():
    cast = make_cast()
    files = [people(["2001", name, "east", "", "rep", "", ""]) for name in ("林琳", "林林")]
    made = [upload(cast, content) for content in files]
    actor = cast.actor(cast.qian)

    def confirm(i):
        return imports.apply(actor=actor, import_id=made[i].pk, preview=made[i].preview, at=clock.now())

    outcome = together(2, confirm)
    assert [one.code for one in outcome if isinstance(one, DomainError)] == ["preview_outdated"]
    assert Employee.objects.filter(company=cast.company, number="2001").count() == 1
    assert RoleAssignment.objects.filter(employee__number="2001", company=cast.company).count() == 1


def test_an_import_and_an_administrator_who_move_against_each_other_leave_a_tree():
    cast = make_cast()
    made = upload(cast, departments(["east", "", "north", ""]))
    actor = cast.actor(cast.qian)

    def work(i):
        if i % 2:
            return imports.apply(actor=actor, import_id=made.pk, preview=made.preview, at=clock.now())
        changes = {"parent_id": cast.east.pk}
        return tree.change_department(actor=actor, department_id=cast.north.pk, changes=changes, at=clock.now())

    outcome = together(4, work)
    refused = {one.code for one in outcome if isinstance(one, DomainError)}
    assert len(refused) == 1, outcome
    assert refused <= {"preview_outdated", "circular_departments"}
    root = Department.objects.get(company=cast.company, code="root")
    assert {cast.east.pk, cast.north.pk} <= set(subtree_of(root.pk))


def test_a_worker_that_dies_in_the_middle_has_changed_nothing(monkeypatch):
    cast = make_cast()
    made = upload(cast, people(["2001", "林琳", "east", "", "rep", "", ""], ["1004", "", "", "", "", "", "离职"]))

    def die(**_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(imports.writing.people, "dismiss", die)
        with pytest.raises(KeyboardInterrupt):
            imports.apply(actor=cast.actor(cast.qian), import_id=made.pk, preview=made.preview, at=clock.now())
    assert not Employee.objects.filter(company=cast.company, number="2001").exists()
    assert DirectoryImport.objects.get().status == "previewed"
    done = imports.apply(actor=cast.actor(cast.qian), import_id=made.pk, preview=made.preview, at=clock.now())
    assert done.status == "applied"
