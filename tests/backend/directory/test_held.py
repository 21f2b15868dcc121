"""What somebody holds of the directory changes hands with the rest: the departments he leads, the people below him."""

import pytest

from backend.core import clock
from backend.directory.models import Department, Employee
from backend.directory.selectors import actor_for
from backend.directory.services import departments, handovers
from backend.events.models import Event
from tests.support.handovers import handed_over, hire
from tests.support.visits import refused

PATH = "/handovers"


@pytest.fixture
def led(cast) -> Department:
    """Han Meimei leads 华东区."""
    return departments.change_department(
        actor=cast.actor(cast.qian), department_id=cast.east.pk, changes={"leader_id": cast.han.pk}, at=clock.now()
    )


def plan(leaver, successor):
    return {"leaver_id": str(leaver.pk), "successor_id": str(successor.pk), "kinds": ["departments"]}


def leader_and_version(department):
    department.refresh_from_db()
    return department.leader, department.version


def undone(by, handover):
    return handovers.undo(actor=actor_for(by), handover_id=handover.pk, at=clock.now())


def test_the_departments_he_leads_are_shown_handed_over_and_put_back(api, cast, led):
    he = hire(cast, "3002", "何伟")
    caller, was = api(cast.qian), led.version
    (group,) = caller.post(f"{PATH}/preview", plan(cast.han, he)).json()["groups"]
    assert (group["kind"], group["name"], group["count"], group["samples"]) == (
        "departments",
        "负责的部门",
        1,
        ["华东区"],
    )
    assert leader_and_version(led) == (cast.han, was)
    made = caller.post(PATH, plan(cast.han, he)).json()
    assert made["counts"] == {"departments": 1}
    assert leader_and_version(led) == (he, was + 1)
    told = Event.objects.filter(name="department.changed", subject_id=led.pk).latest("pk")
    assert (told.actor, told.data) == (
        cast.qian,
        {"before": {"leader": str(cast.han.pk)}, "after": {"leader": str(he.pk)}, "handover_id": made["id"]},
    )
    edited = {"version": was, "name": "东区"}
    assert refused(caller.patch(f"/departments/{led.pk}", edited), 409, "version_conflict")
    for _ in range(2):
        caller.post(f"{PATH}/{made['id']}/undo")
    assert leader_and_version(led) == (cast.han, was + 2)


def test_a_department_that_has_another_leader_by_now_or_none_stays(cast, led):
    he, admin = hire(cast, "3002", "何伟"), cast.actor(cast.qian)
    empty, _ = departments.create_department(
        actor=admin, code="empty", name="空", leader_id=cast.han.pk, at=clock.now()
    )
    made = handed_over(cast.qian, cast.han, he, kinds=["departments"])
    assert made.counts == {"departments": 2}
    departments.change_department(
        actor=admin, department_id=led.pk, changes={"leader_id": cast.wang.pk}, at=clock.now()
    )
    departments.dissolve_department(actor=admin, department_id=empty.pk, at=clock.now())
    undone(cast.qian, made)
    assert leader_and_version(led)[0] == cast.wang
    assert leader_and_version(empty)[0] is None
    assert dict(made.items.values_list("label", "why")) == {"华东区": "moved_on", "空": "closed"}


def test_whoever_is_given_another_manager_has_a_new_version(api, cast):
    """An administrator's form that was open meanwhile must not write the old line back."""
    he, before = hire(cast, "3002", "何伟"), Employee.objects.get(pk=cast.li.pk).version
    made = handed_over(cast.qian, cast.han, he, kinds=["reports"])
    stale = {"version": before, "manager_id": str(cast.han.pk)}
    assert refused(api(cast.qian).patch(f"/employees/{cast.li.pk}", stale), 409, "version_conflict")
    undone(cast.qian, made)
    cast.li.refresh_from_db()
    assert (cast.li.manager, cast.li.version) == (cast.han, before + 2)
