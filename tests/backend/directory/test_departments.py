"""The tree: created, renamed, moved and dissolved by administrators; ids and rights follow."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound, VersionConflict
from backend.directory.models import Department
from backend.directory.records import DepartmentGone
from backend.directory.selectors import actor_for
from backend.directory.services import departments, people
from backend.directory.services.departments import (
    CircularDepartments,
    DepartmentCodeTaken,
    DepartmentDissolved,
    DepartmentNotEmpty,
)
from backend.events.models import Event

pytestmark = pytest.mark.django_db


def create(cast, code="south", **more):
    wanted = {"name": "华南区", **more}
    return departments.create_department(actor=cast.actor(cast.qian), code=code, at=clock.now(), **wanted)


def change(cast, department, *, version=None, **changes):
    return departments.change_department(
        actor=cast.actor(cast.qian), department_id=department.pk, version=version, changes=changes, at=clock.now()
    )


def dissolve(cast, department):
    return departments.dissolve_department(actor=cast.actor(cast.qian), department_id=department.pk, at=clock.now())


def told(name):
    return list(Event.objects.filter(name=name).order_by("id").values_list("data", flat=True))


def test_created_once_however_often_it_is_sent(cast):
    first, made = create(cast, parent_id=cast.east.pk, leader_id=cast.han.pk, position=3)
    again, made_again = create(cast, parent_id=cast.east.pk, leader_id=cast.han.pk, position=3)
    assert (made, made_again, again.pk) == (True, False, first.pk)
    with pytest.raises(DepartmentCodeTaken):
        create(cast, parent_id=cast.north.pk)
    assert told("department.created")[-1] == {
        "before": {},
        "after": {
            "code": "south",
            "name": "华南区",
            "parent": str(cast.east.pk),
            "leader": str(cast.han.pk),
            "position": 3,
        },
    }


def test_only_who_manages_the_directory_and_only_in_his_company(cast):
    acme = Department.objects.get(company=cast.acme, code="root")
    with pytest.raises(Forbidden):
        departments.create_department(actor=cast.actor(cast.han), code="x", name="X", at=clock.now())
    with pytest.raises(NotFound):
        change(cast, acme, name="抢来")
    for elsewhere in ({"parent_id": acme.pk}, {"leader_id": cast.sun.pk}):
        with pytest.raises(NotFound):
            create(cast, **elsewhere)
    assert not Department.objects.filter(code__in=["x", "south"]).exists()
    acme.refresh_from_db()
    assert acme.name == "甲公司"


def test_a_change_tells_before_and_after_and_only_of_what_changed(cast):
    moved = change(cast, cast.shanghai, version=1, name="上海一组", parent_id=cast.north.pk)
    assert (moved.pk, moved.version) == (cast.shanghai.pk, 2)
    assert told("department.changed")[-1] == {
        "before": {"name": "上海组", "parent": str(cast.east.pk)},
        "after": {"name": "上海一组", "parent": str(cast.north.pk)},
    }
    with pytest.raises(VersionConflict):
        change(cast, cast.shanghai, version=1, name="旧")
    count = len(told("department.changed"))
    change(cast, cast.shanghai, version=2, name="上海一组")
    assert len(told("department.changed")) == count


def test_it_cannot_move_below_itself(cast):
    for below in (cast.east, cast.shanghai):
        with pytest.raises(CircularDepartments):
            change(cast, cast.east, parent_id=below.pk)


def test_a_move_counts_from_the_next_request_of_everybody_above(api, cast):
    """Han sees the subtree of 华东区. Her phone holds a verified token while Li's group leaves and comes back."""
    han, li = api(cast.han), api(cast.li)
    customer = li.post("/customers", {"name": "小茶馆"}).json()["id"]
    assert han.get(f"/customers/{customer}").status_code == 200
    change(cast, cast.shanghai, parent_id=cast.north.pk)
    assert han.get(f"/customers/{customer}").status_code == 404
    assert cast.shanghai.pk not in actor_for(cast.han).subtree
    change(cast, cast.shanghai, parent_id=cast.east.pk)
    assert han.get(f"/customers/{customer}").status_code == 200
    assert li.get(f"/customers/{customer}").status_code == 200


def test_only_an_empty_one_is_dissolved_and_once(cast):
    south, _ = create(cast, parent_id=cast.north.pk)
    with pytest.raises(DepartmentNotEmpty) as full:
        dissolve(cast, cast.east)
    assert full.value.data == {"employees": 1, "departments": 1}
    dissolve(cast, south)
    dissolve(cast, south)
    assert len(told("department.dissolved")) == 1
    for refused in (lambda: change(cast, south, name="新"), lambda: create(cast, code="sub", parent_id=south.pk)):
        with pytest.raises(DepartmentDissolved):
            refused()
    with pytest.raises(DepartmentGone):
        people.put_employee(
            actor=Actor.system(cast.company.pk),
            number="2001",
            name="周舟",
            department_id=south.pk,
            manager_id=None,
            at=clock.now(),
        )


def test_its_code_brings_a_dissolved_one_back_with_its_id(cast):
    south, _ = create(cast)
    dissolve(cast, south)
    back, made = create(cast, name="大华南区", parent_id=cast.north.pk)
    assert (back.pk, made, back.dissolved_at, back.name) == (south.pk, True, None, "大华南区")
    assert len(told("department.revived")) == 1
