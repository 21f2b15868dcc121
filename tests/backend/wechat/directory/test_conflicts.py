"""What a comparison cannot settle by itself waits for a person, whose decision holds."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.directory.models import Employee, Identity
from backend.directory.services import people
from backend.wechat.directory import services
from backend.wechat.directory.models import DirectoryConflict, MemberLink
from tests.backend.wechat.directory.conftest import CORP_ID


def bind(ours, employee, user_id: str) -> None:
    people.bind_identity(
        actor=Actor.system(employee.company_id),
        employee_id=employee.pk,
        provider="wecom",
        tenant=CORP_ID,
        subject=user_id,
    )


def test_a_number_that_is_somebody_elses(ours):
    other = ours.hire("lilei", "李累")
    assert ours.sync()["hired"] == 3
    assert ours.conflicts() == {("number_taken", "lilei")}
    assert not MemberLink.objects.filter(user_key="lilei").exists()
    ours.decide("number_taken", "lilei", "same_person")
    assert ours.sync()["adopted"] == 1
    assert ours.person("LiLei") == other
    assert ours.conflicts() == set()


def test_or_really_another_persons(ours):
    other = ours.hire("lilei", "李累")
    ours.sync()
    ours.decide("number_taken", "lilei", "other_person")
    assert ours.sync()["hired"] == 1
    li = ours.person("LiLei")
    assert li != other
    assert li.number.startswith("LiLei-")
    assert ours.sync() == {}
    assert ours.conflicts() == set()


def test_a_phone_that_is_somebody_elses(ours, theirs):
    theirs.app(personal_data=True)
    ours.hire("5", "别人", phone="13900000002")
    ours.sync()
    assert ours.conflicts() == {("phone_taken", "lilei")}
    ours.decide("phone_taken", "lilei", "other_person")
    assert ours.sync()["hired"] == 1
    assert ours.person("LiLei").phone == "", "it stays whose it was"


def test_an_id_bound_to_a_member_already_or_to_another_company(ours):
    acme = people.found_company(code="acme", name="甲公司")
    stranger = people.put_employee(
        actor=Actor.system(acme.pk),
        number="1",
        name="孙丽",
        department_id=acme.pk and people.Department.objects.get(company=acme).pk,
        manager_id=None,
        role_codes=[],
        at=clock.now(),
    )
    bind(ours, stranger, "LiLei")
    ours.sync()
    assert ours.conflicts() == {("bound_elsewhere", "lilei")}
    found = DirectoryConflict.objects.get()
    assert found.employee is None, "of another company nothing is told"
    assert Identity.objects.get(subject_key="lilei").employee == stranger


def test_a_leavers_id_used_again(ours, theirs):
    ours.sync()
    old = ours.person("LiLei")
    theirs.remove("LiLei")
    ours.sync()
    theirs.user("LiLei", name="李来", departments=[3])
    ours.sync()
    assert ours.conflicts() == {("reused_id", "lilei")}
    old.refresh_from_db()
    assert not old.is_active
    ours.decide("reused_id", "lilei", "other_person")
    assert ours.sync()["hired"] == 1
    new = ours.person("LiLei")
    assert (new.name, new.pk != old.pk) == ("李来", True)
    assert Identity.objects.get(tenant=CORP_ID, subject_key="lilei").employee == new
    old.refresh_from_db()
    assert not old.is_active
    assert ours.sync() == {}


def test_whom_we_dismissed_ourselves_stays_out(ours):
    ours.sync()
    li = ours.person("LiLei")
    people.dismiss(actor=ours.actor, employee_id=li.pk, at=clock.now())
    ours.sync()
    assert ours.conflicts() == {("dismissed_here", "lilei")}
    li.refresh_from_db()
    assert not li.is_active
    ours.decide("dismissed_here", "lilei", "same_person")
    assert ours.sync() == {"back": 1}
    people.dismiss(actor=ours.actor, employee_id=li.pk, at=clock.now())
    assert ours.sync() == {"conflicts": 1}, "the decision was about that time"
    assert DirectoryConflict.objects.get().decision == ""


def test_an_unknown_department(ours, theirs):
    ours.sync()
    theirs.app(visible=["LiLei", "WangWu", "HanMei", "ZhaoQi"], visible_departments=[])
    ours.directory.departments.filter(external_id=3).delete()
    ours.sync()
    assert ("unknown_department", "lilei") in ours.conflicts()
    assert ours.person("LiLei").department.name == "沪组", "he stays where he is"


def test_a_circle_of_managers_is_cut_and_told(ours, theirs):
    theirs.user("HanMei", direct_leader=["ZhaoQi"])
    ours.sync()
    assert {kind for kind, _ in ours.conflicts()} == {"circular_manager"}
    above = dict(Employee.objects.values_list("pk", "manager"))
    for start in above:
        seen, at = set(), start
        while at is not None:
            assert at not in seen
            seen.add(at)
            at = above[at]


def test_only_who_may_manage_decides_and_nobody_of_elsewhere(ours):
    ours.hire("lilei", "李累")
    ours.sync()
    found = DirectoryConflict.objects.get()
    rep = ours.hire("3", "小代")
    from backend.directory.selectors import actor_for

    with pytest.raises(Forbidden):
        services.decide(actor=actor_for(rep), conflict_id=found.pk, decision="noted", at=clock.now())
    other = Actor.system(people.found_company(code="acme", name="甲公司").pk)
    with pytest.raises(NotFound):
        services.decide(actor=other, conflict_id=found.pk, decision="noted", at=clock.now())
    found.refresh_from_db()
    assert found.decision == ""
