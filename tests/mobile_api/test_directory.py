"""Departments, people, roles and shares through the API: asked twice, too late, by strangers and from elsewhere."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.directory.models import Department, Employee, Role
from backend.directory.services import people
from backend.events.models import Event
from mobile_api.schemas.directory import DepartmentDetailOut, DepartmentsOut, EmployeeOut, EmployeesOut, MeOut, RolesOut
from tests.support.cast import PASSWORD
from tests.support.contract import reads_as
from tests.support.visits import recorded, refused

NOWHERE = "01a20370-e3c1-7056-bf12-f82c78d301ef"


@pytest.fixture
def admin(api, cast):
    return api(cast.qian)


@pytest.fixture
def other_admin(api, cast):
    """The administrator of 甲公司."""
    boss = people.put_employee(
        actor=Actor.system(cast.acme.pk),
        number="9",
        name="周总",
        department_id=cast.sun.department_id,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    return api(boss)


def names(reply):
    return {item.name for item in reads_as(EmployeesOut, reply).items}


def present(row):
    """As it is stored now."""
    return type(row).objects.filter(pk=row.pk).values().get()


class TestMe:
    def test_i_change_my_language_and_mail_once_however_often_it_is_sent(self, api, cast):
        li, wanted = api(cast.li), {"version": 1, "language": "en", "email": "li@example.com"}
        for _ in range(2):
            me = reads_as(MeOut, li.patch("/me", wanted))
            assert (me.language, me.email, me.version) == ("en", "li@example.com", 2)
        assert recorded("employee.changed") == 1
        assert refused(li.patch("/me", {"version": 1, "language": "zh-hans"}), 409, "version_conflict")
        assert refused(li.patch("/me", {"version": 2, "name": "皇帝"}), 422, "invalid")

    def test_another_phone_needs_my_password_and_guesses_are_counted(self, api, cast):
        li, wanted = api(cast.li), {"version": 1, "phone": "13800138000"}
        assert refused(li.patch("/me", wanted), 403, "phone_needs_password")
        for _ in range(4):
            assert refused(li.patch("/me", wanted | {"password": "guess"}), 403, "phone_needs_password")
        li.patch("/me", wanted | {"password": "guess"})
        late = li.patch("/me", wanted | {"password": PASSWORD})
        assert refused(late, 429, "too_many_attempts")
        assert int(late.headers["Retry-After"]) >= 1
        assert Employee.objects.get(pk=cast.li.pk).phone == ""

    def test_with_it_the_phone_is_changed_and_told(self, api, cast):
        wanted = {"version": 1, "phone": "13800138000", "password": PASSWORD}
        for _ in range(2):
            assert reads_as(MeOut, api(cast.li).patch("/me", wanted)).phone == "13800138000"
        event = Event.objects.get(name="employee.changed")
        assert event.data == {"before": {"phone": ""}, "after": {"phone": "13800138000"}}


class TestFinding:
    @pytest.mark.parametrize("q", ["李", "李雷", "lilei", "LiLei", "ll", "1002", "ile"])
    def test_by_name_pinyin_initials_or_number(self, api, cast, q):
        assert names(api(cast.han).get("/employees", q=q)) == {"李雷"}

    def test_what_looks_alike_but_is_not(self, api, cast):
        for q in ("雷李", "孙丽", "sunli", "%", "_", "100_"):
            assert names(api(cast.han).get("/employees", q=q)) == set()

    def test_by_department_with_all_below_and_among_those_who_left(self, api, cast, admin):
        han = api(cast.han)
        assert names(han.get("/employees", department=str(cast.east.pk))) == {"李雷", "韩梅梅"}
        assert names(han.get("/employees", department=str(cast.shanghai.pk), q="han")) == set()
        for elsewhere in (NOWHERE, str(cast.sun.department_id)):
            assert refused(han.get("/employees", department=elsewhere), 404, "not_found")
        admin.post(f"/employees/{cast.zhao.pk}/dismiss")
        assert "赵强" not in names(han.get("/employees"))
        assert names(han.get("/employees", left="true")) == {"赵强"}


class TestPeople:
    def test_hired_once_and_never_across_companies(self, admin, other_admin, cast):
        wanted = {"number": "2001", "name": "周舟", "department_id": str(cast.north.pk), "roles": ["rep"]}
        first, again = admin.post("/employees", wanted), admin.post("/employees", wanted)
        assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
        assert reads_as(EmployeeOut, first).roles == ["rep"]
        assert refused(admin.post("/employees", wanted | {"name": "吴用"}), 409, "number_taken")
        assert refused(admin.post("/employees", wanted | {"number": "2002", "roles": ["king"]}), 422, "unknown_role")
        assert refused(other_admin.post("/employees", wanted), 404, "not_found")
        elsewhere = wanted | {"number": "2002", "manager_id": str(cast.sun.pk)}
        assert refused(admin.post("/employees", elsewhere), 404, "not_found")
        assert Employee.objects.filter(number__in=["2001", "2002"]).count() == 1

    def test_changed_against_the_version_one_has_read(self, admin, other_admin, cast):
        path, move = f"/employees/{cast.li.pk}", {"version": 1, "department_id": str(cast.north.pk)}
        assert refused(other_admin.patch(path, move), 404, "not_found")
        moved = reads_as(EmployeeOut, admin.patch(path, move))
        assert (moved.department.name, moved.manager.name, moved.version) == ("华北区", "韩梅梅", 2)
        assert refused(admin.patch(path, move), 409, "version_conflict")
        circle = {"version": 1, "manager_id": str(cast.li.pk)}
        assert refused(admin.patch(f"/employees/{cast.han.pk}", circle), 409, "circular_reporting")
        gone = {"version": 2, "department_id": str(cast.sun.department_id)}
        assert refused(admin.patch(path, gone), 404, "not_found")
        assert reads_as(EmployeeOut, admin.patch(path, {"version": 2, "manager_id": None})).manager is None

    def test_dismissed_and_rehired_each_once(self, api, admin, other_admin, cast):
        zhao, path = api(cast.zhao), f"/employees/{cast.zhao.pk}"
        for verb in ("dismiss", "rehire"):
            assert refused(other_admin.post(f"{path}/{verb}"), 404, "not_found")
        for _ in range(2):
            assert reads_as(EmployeeOut, admin.post(f"{path}/dismiss")).is_active is False
        assert refused(zhao.get("/me"), 401, "session_revoked")
        assert refused(admin.patch(path, {"version": 2, "name": "X"}), 409, "person_has_left")
        for _ in range(2):
            back = reads_as(EmployeeOut, admin.post(f"{path}/rehire"))
            assert (back.is_active, back.roles) == (True, ["rep"])
        assert (recorded("employee.dismissed"), recorded("employee.rehired")) == (1, 1)
        door = {"company": "waiqin", "number": "1004", "password": PASSWORD, "device": {"id": "phone"}}
        assert refused(api(None).post("/auth/password", door), 401, "bad_credentials")
        assert refused(zhao.get("/me"), 401, "session_revoked")

    def test_nobody_is_rehired_into_a_department_that_is_no_more(self, admin, cast):
        admin.post(f"/employees/{cast.zhao.pk}/dismiss")
        assert admin.post(f"/departments/{cast.north.pk}/dissolve").status_code == 200
        assert refused(admin.post(f"/employees/{cast.zhao.pk}/rehire"), 409, "department_gone")
        assert not Employee.objects.get(pk=cast.zhao.pk).is_active


class TestDepartments:
    def test_moved_with_everything_below_and_never_in_a_circle(self, api, admin, other_admin, cast):
        path, move = f"/departments/{cast.shanghai.pk}", {"version": 1, "parent_id": str(cast.north.pk)}
        assert refused(other_admin.patch(path, move), 404, "not_found")
        moved = reads_as(DepartmentDetailOut, admin.patch(path, move))
        assert (str(moved.parent_id), moved.version, moved.employees) == (str(cast.north.pk), 2, 1)
        assert refused(admin.patch(path, move), 409, "version_conflict")
        circle = {"version": 1, "parent_id": str(cast.shanghai.pk)}
        assert refused(admin.patch(f"/departments/{cast.north.pk}", circle), 409, "circular_departments")
        foreign = {"version": 2, "parent_id": str(cast.sun.department_id)}
        assert refused(admin.patch(path, foreign), 404, "not_found")
        assert refused(admin.patch(path, {"version": 2, "leader_id": str(cast.sun.pk)}), 404, "not_found")
        tree = [(row.name, row.depth) for row in reads_as(DepartmentsOut, api(cast.li).get("/departments")).items]
        assert tree == [("外勤公司", 0), ("华东区", 1), ("华北区", 1), ("上海组", 2)]

    def test_made_and_dissolved_once(self, admin, other_admin, cast):
        wanted = {"code": "south", "name": "华南区", "parent_id": str(cast.east.pk)}
        first, again = admin.post("/departments", wanted), admin.post("/departments", wanted)
        assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
        assert refused(admin.post("/departments", wanted | {"name": "X"}), 409, "department_code_taken")
        path = f"/departments/{first.json()['id']}"
        for address in (path, f"/departments/{cast.east.pk}"):
            assert refused(other_admin.post(f"{address}/dissolve"), 404, "not_found")
        assert refused(admin.post(f"/departments/{cast.east.pk}/dissolve"), 409, "department_not_empty")
        for _ in range(2):
            assert admin.post(f"{path}/dissolve").json()["dissolved_at"] is not None
        assert recorded("department.dissolved") == 1
        assert refused(admin.patch(path, {"version": 2, "name": "X"}), 409, "department_dissolved")
        assert Department.objects.filter(company=cast.acme).count() == 1


class TestRoles:
    def test_made_changed_and_removed_against_the_version_one_has_read(self, admin, other_admin, cast):
        wanted = {"version": 0, "name": "文员", "capabilities": ["order.read"], "scopes": {}, "fields_seen": ["cost"]}
        made = [admin.put("/roles/clerk", wanted).json() for _ in range(2)]
        assert (made[0], made[0]["version"], recorded("role.created")) == (made[1], 1, 1)
        wider = wanted | {"version": 1, "scopes": {"order": "subtree"}}
        assert admin.put("/roles/clerk", wider).json()["scopes"] == {"order": "subtree"}
        for stale in (wanted, wider | {"scopes": {}}):
            assert refused(admin.put("/roles/clerk", stale), 409, "version_conflict")
        for wrong in ({"capabilities": ["all"]}, {"scopes": {"moon": "own"}}, {"fields_seen": ["salary"]}):
            assert refused(admin.put("/roles/clerk", wider | {"version": 2} | wrong), 422, "invalid")
        assert refused(other_admin.delete("/roles/clerk"), 404, "not_found")
        assert "clerk" not in {role.code for role in reads_as(RolesOut, other_admin.get("/roles")).items}
        admin.put(f"/employees/{cast.zhao.pk}/roles", {"roles": ["rep", "clerk"]})
        assert refused(admin.delete("/roles/clerk"), 409, "role_in_use")
        admin.put(f"/employees/{cast.zhao.pk}/roles", {"roles": ["rep"]})
        assert admin.delete("/roles/clerk").status_code == 204
        assert refused(admin.delete("/roles/clerk"), 404, "not_found")

    def test_another_companys_role_of_the_same_code_stays_as_it_is(self, other_admin, cast):
        ours = Role.objects.get(company=cast.company, code="rep")
        before = present(ours)
        body = {"version": 1, "name": "X", "capabilities": [], "scopes": {}, "fields_seen": []}
        assert other_admin.put("/roles/rep", body).status_code == 200
        assert present(ours) == before
        assert refused(other_admin.put(f"/employees/{cast.li.pk}/roles", {"roles": []}), 404, "not_found")

    def test_rights_are_given_and_taken_from_the_next_request_on(self, api, admin, cast):
        zhao, path = api(cast.zhao), f"/employees/{cast.zhao.pk}/roles"
        assert refused(zhao.get("/audit"), 403, "forbidden")
        for _ in range(2):
            assert reads_as(EmployeeOut, admin.put(path, {"roles": ["administrator", "rep"]})).version == 2
        assert zhao.get("/audit").status_code == 200
        admin.put(path, {"roles": ["rep"]})
        assert refused(zhao.get("/audit"), 403, "forbidden")
        assert refused(zhao.put(path, {"roles": ["administrator"]}), 403, "forbidden")
        assert refused(admin.put(f"/employees/{cast.qian.pk}/roles", {"roles": ["rep"]}), 409, "locks_you_out")


def test_a_share_opens_one_document_to_one_colleague_and_to_nobody_else(api, cast):
    shared, other = (api(cast.li).post("/customers", {"name": name}).json()["id"] for name in ("老张茶行", "小李茶行"))
    zhao = api(cast.zhao)
    assert refused(zhao.get(f"/customers/{shared}"), 404, "not_found")
    for _ in range(2):
        Customer.objects.get(pk=shared).show_to([cast.zhao.pk, cast.sun.pk])
    assert zhao.get(f"/customers/{shared}").status_code == 200
    assert [item["id"] for item in zhao.get("/customers").json()["items"]] == [shared]
    assert [item["id"] for item in zhao.get("/customers", q="茶行").json()["items"]] == [shared]
    assert refused(zhao.get(f"/customers/{other}"), 404, "not_found")
    assert refused(zhao.patch(f"/customers/{shared}", {"version": 1, "name": "抢来"}), 403, "not_in_charge")
    for path in (f"/customers/{shared}", f"/customers/{shared}/contacts"):
        assert refused(api(cast.sun).get(path), 404, "not_found")  # not even a share crosses companies
    assert Customer.objects.get(pk=shared).name == "老张茶行"
