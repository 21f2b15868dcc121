"""A callback says whom to look up; what is found is applied, within seconds and once."""

import pytest

from backend.core import clock
from backend.directory.models import Identity
from backend.directory.services import people
from backend.events.models import Event
from backend.wechat.callbacks.models import Callback
from backend.wechat.directory import reading
from backend.wechat.directory.models import MemberLink
from tests.backend.wechat.directory.conftest import CORP_ID
from tests.support.callbacks import contact_changed
from tests.support.client import Caller, access_token


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: None)


@pytest.fixture
def imported(ours):
    ours.sync()
    return ours


@pytest.fixture
def told(assistant, work):
    """`told("update_user", UserID=…)`: the callback is taken, and worked on."""
    second = iter(range(1, 1000))

    def told(kind: str, **fields: object) -> Callback:
        assert assistant.push(contact_changed(kind, second=next(second), **fields)).content == b"success"
        work()
        return Callback.objects.latest("pk")

    return told


def test_a_new_member_is_hired_with_the_department_we_have_not_heard_of(imported, theirs, told):
    theirs.department(7, name="七组", parentid=6)
    theirs.department(6, name="六区", parentid=1, leaders=["ZhaoQi"])
    theirs.user("XinRen", name="新人", departments=[7])
    assert told("create_user", UserID="XinRen", Department=7).status == "done"
    new = imported.person("XinRen")
    assert (new.name, new.department.name, new.department.parent.name) == ("新人", "七组", "六区")
    assert new.manager == imported.person("ZhaoQi"), "who leads what is above"
    assert Identity.objects.get(subject="XinRen").employee == new
    assert told("create_party", Id=7, ParentId=6).status == "done"
    assert imported.directory.departments.filter(external_id=7).count() == 1
    assert imported.sync() == {}


def test_a_member_moves_and_is_renamed_whatever_the_callback_says(imported, theirs, told):
    theirs.user("LiLei", name="李雷", departments=[4], main_department=4)
    told("update_user", UserID="LiLei", MainDepartment=35)
    li = imported.person("lilei")
    assert (li.name, li.department.name) == ("李雷", "北区")
    events = Event.objects.count()
    told("update_user", UserID="LiLei")
    assert Event.objects.count() == events, "nothing more to say"


def test_a_user_id_is_changed_and_the_person_stays(imported, theirs, told):
    li = imported.person("LiLei")
    theirs.rename("LiLei", "li.lei")
    for _ in range(2):
        told("update_user", UserID="LiLei", NewUserID="li.lei")
    assert imported.person("li.lei") == li
    assert Identity.objects.get(employee=li).subject == "li.lei"
    li.refresh_from_db()
    assert li.is_active
    assert imported.sync() == {}


@pytest.mark.parametrize("how", ["deleted", "disabled", "out of range", "platform unreachable"])
def test_no_door_opens_for_a_leaver(imported, theirs, told, platform, how):
    li = imported.person("LiLei")
    phone = Caller(access_token(li))
    assert phone.get("/me").status_code == 200
    match how:
        case "deleted":
            theirs.remove("LiLei")
        case "disabled":
            theirs.user("LiLei", status=2)
        case "out of range":
            theirs.app(visible=["HanMei"])
        case "platform unreachable":
            platform.faults({"path": "*", "count": None, "status": 502})
    told("update_user" if how == "disabled" else "delete_user", UserID="LiLei")
    reply = phone.get("/me")
    assert (reply.status_code, reply.json()["code"]) == (401, "session_revoked")
    li.refresh_from_db()
    assert not li.is_active
    assert MemberLink.objects.get(employee=li).left_at is not None
    assert Event.objects.filter(name="employee.dismissed", subject_id=li.pk).count() == 1


def test_a_deletion_that_comes_late_dismisses_nobody_who_is_there(imported, told):
    told("delete_user", UserID="LiLei")
    assert imported.person("LiLei").is_active


def test_a_failing_platform_is_asked_again_later(imported, theirs, told, platform, work):
    theirs.user("LiLei", name="李雷")
    platform.faults({"path": "/cgi-bin/user/get", "count": None, "status": 502})
    kept = told("update_user", UserID="LiLei")
    assert (kept.status, imported.person("LiLei").name) == ("pending", "李磊")
    platform.faults()
    Callback.retry([kept.pk])
    work()
    assert imported.person("LiLei").name == "李雷"


def test_departments_move_and_vanish(imported, theirs, told):
    theirs.department(3, name="沪一组", parentid=4)
    told("update_party", Id=3, ParentId=4)
    shanghai = imported.department(3)
    assert (shanghai.name, shanghai.parent) == ("沪一组", imported.department(4))
    theirs.seed["departments"] = [row for row in theirs.seed["departments"] if row["id"] != 4]
    theirs.seed["users"] = [user for user in theirs.seed["users"] if 4 not in user["departments"]]
    theirs.department(3, parentid=1)
    told("delete_party", Id=4)
    assert imported.directory.departments.get(external_id=4).gone_at is not None


def test_an_older_look_does_not_undo_a_callback(imported, theirs, told, directory):
    from backend.wechat.directory import runs, services

    old = runs.read(directory, at=clock.now())
    theirs.remove("LiLei")
    theirs.user("XinRen", name="新人", departments=[3])
    told("delete_user", UserID="LiLei")
    told("create_user", UserID="XinRen")
    services.apply_whole(actor=imported.actor, directory_id=directory.pk, snapshot=old, at=clock.now())
    assert not imported.person("LiLei").is_active
    assert imported.person("XinRen").is_active


def test_before_the_first_import_nobody_is_hired_by_a_callback(ours, told):
    assert told("create_user", UserID="LiLei").status == "done"
    assert not MemberLink.objects.exists()


def test_but_the_door_of_a_deleted_id_is_closed_also_for_whom_we_did_not_take_over(ours, told):
    """WeCom may give the id to another person, who must not come in as this one."""
    own = ours.hire("9", "自己人")
    people.bind_identity(actor=ours.actor, employee_id=own.pk, provider="wecom", tenant=CORP_ID, subject="Own")
    phone = Caller(access_token(own))
    for _ in range(2):
        told("delete_user", UserID="OWN")
    own.refresh_from_db()
    assert own.is_active
    assert not Identity.objects.filter(employee=own).exists()
    assert phone.get("/me").status_code == 401
    assert Event.objects.filter(name="employee.identity_unbound").count() == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("update_tag", {"TagId": 1}),
        ("create_user", {"UserID": "@all"}),
        ("update_user", {}),
        ("update_party", {"Id": "x"}),
        ("update_party", {"Id": "999999"}),
        ("brand_new", {"UserID": "LiLei"}),
    ],
)
def test_what_means_nothing_to_us_is_done_with(imported, told, kind, fields):
    before = imported.everything()
    assert told(kind, **fields).status == "done"
    assert imported.everything() == before
