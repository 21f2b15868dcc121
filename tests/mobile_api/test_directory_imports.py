"""Departments and employees from a file: uploaded, previewed row by row, applied whole or not at all."""

from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor, Scope
from backend.core.spreadsheets import MAX_BYTES
from backend.directory.models import Department, DirectoryImport, Employee
from backend.directory.services import roles
from backend.events.models import Event
from tests.support.client import Caller
from tests.support.people_file import (
    DEPARTMENTS,
    EMPLOYEES,
    IMPORTS,
    apply,
    codes,
    csv,
    people,
    previewed,
    rows_of,
    taken_in,
    upload,
    workbook,
)
from tests.support.tables import changed, contents

SOUTH = [
    ["south-1", "广州组", "south", "2001"],
    ["south", "华南区", "root", ""],
]
STAFF = [
    ["2002", "周杰", "south-1", "2001", "rep", "13800000002", "在职"],
    ["2001", "林琳", "south", "1001", "manager,rep", "13800000001", ""],
]


@pytest.fixture
def qian(api, cast) -> Caller:
    return api(cast.qian)


def both() -> bytes:
    return workbook(部门=[DEPARTMENTS, *SOUTH], 员工=[EMPLOYEES, *STAFF])


class TestTheWay:
    def test_a_preview_tells_everything_and_changes_nothing(self, qian, cast):
        before = contents()
        rows = previewed(qian, both())
        assert set(changed(before, contents())) == {
            "directory_directoryimport",
            "directory_directoryimportrow",
        }
        assert [row["outcome"] for row in rows.values()] == ["created"] * 4
        assert list(rows) == [("departments", 2), ("departments", 3), ("employees", 2), ("employees", 3)]
        told = {change["field"]: change["after"] for change in rows["employees", 3]["changes"]}
        assert told["roles"] == "manager,rep"
        assert (told["department"], told["manager"], told["phone"]) == ("south", "1001", "13800000001")

    def test_applying_does_what_was_previewed_and_once(self, qian, cast):
        made = upload(qian, both()).json()
        done = apply(qian, made)
        assert (done.status_code, done.json()["status"], done.json()["rows"]) == (200, "applied", "all")
        south, group = (Department.objects.get(company=cast.company, code=code) for code in ("south", "south-1"))
        lin, zhou = (Employee.objects.get(company=cast.company, number=number) for number in ("2001", "2002"))
        assert (group.parent, group.leader, zhou.manager, lin.manager) == (south, lin, lin, cast.han)
        assert (zhou.department, zhou.phone, zhou.has_usable_password()) == (group, "13800000002", False)
        assert qian.get("/employees", q="zhoujie").json()["items"][0]["number"] == "2002", "found by pinyin"
        event = Event.objects.get(name="directory.imported")
        assert (event.actor_id, event.data["counts"]["employees"]["created"]) == (cast.qian.pk, 2)
        assert Event.objects.filter(name="employee.hired", subject_id=lin.pk, actor=cast.qian).count() == 1
        assert bytes(DirectoryImport.objects.get().content) == b"", "what everybody is called is not kept twice"
        before = contents()
        again = apply(qian, made)
        assert (again.status_code, again.json()) == (200, done.json())
        assert upload(qian, both(), id=made["id"]).json() == done.json()
        assert not changed(before, contents())

    def test_the_same_file_again_changes_nothing(self, qian):
        taken_in(qian, both())
        counts = taken_in(qian, both())
        assert [found["unchanged"] for found in counts.values()] == [2, 2]
        assert Event.objects.filter(name__in=["employee.changed", "department.changed"]).count() == 0

    def test_a_reply_that_was_lost_is_asked_for_again_under_the_same_id(self, qian):
        chosen = str(uuid4())
        first = upload(qian, both(), id=chosen)
        again = upload(qian, both(), id=chosen)
        assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, chosen)
        assert DirectoryImport.objects.count() == 1
        other = upload(qian, people(STAFF[1]), id=chosen)
        assert (other.status_code, other.json()["code"]) == (409, "id_reused")

    def test_what_has_changed_since_the_preview_must_be_seen_first(self, qian, cast):
        made = upload(qian, people(["1002", "李雷", "north", "", "", "", ""])).json()
        person = qian.get(f"/employees/{cast.li.pk}").json()
        elsewhere = {"version": person["version"], "department_id": str(cast.east.pk)}
        assert qian.patch(f"/employees/{cast.li.pk}", elsewhere).status_code == 200
        refused = apply(qian, made)
        assert (refused.status_code, refused.json()["code"]) == (409, "preview_outdated")
        cast.li.refresh_from_db()
        assert cast.li.department == cast.east

    def test_a_change_says_from_what_to_what(self, qian, cast):
        row = previewed(qian, people(["1002", "李小雷", "north", "-", "rep，finance", "", ""]))["employees", 2]
        assert row["outcome"] == "changed"
        assert {change["field"]: (change["before"], change["after"]) for change in row["changes"]} == {
            "name": ("李雷", "李小雷"),
            "department": ("shanghai", "north"),
            "manager": ("1001", ""),
            "roles": ("rep", "finance,rep"),
        }

    def test_leaving_and_coming_back(self, qian, api, cast):
        caller = api(cast.zhao)
        assert caller.get("/me").status_code == 200
        taken_in(qian, people(["1004", "", "", "", "", "", "离职"]))
        cast.zhao.refresh_from_db()
        assert not cast.zhao.is_active
        assert caller.get("/me").status_code == 401
        row = previewed(qian, people(["1004", "赵大强", "", "", "", "", ""]))["employees", 2]
        assert codes(row) == [("status", "has_left")]
        taken_in(qian, people(["1004", "赵大强", "east", "", "", "", "active"]))
        cast.zhao.refresh_from_db()
        assert (cast.zhao.is_active, cast.zhao.name, cast.zhao.department) == (True, "赵大强", cast.east)


class TestAllOrTheGoodOnes:
    MIXED = (
        ["3001", "好人", "east", "", "rep", "", ""],
        ["3002", "坏人", "nowhere", "", "rep", "", ""],
        ["3003", "随从", "east", "3002", "rep", "", ""],
    )

    def test_one_row_in_error_holds_up_all(self, qian):
        made = upload(qian, people(*self.MIXED)).json()
        assert made["counts"]["employees"] == {"created": 1, "changed": 0, "unchanged": 0, "error": 2}
        before = contents()
        refused = apply(qian, made)
        assert (refused.status_code, refused.json()["code"], refused.json()["rows_in_error"]) == (
            409,
            "import_has_errors",
            2,
        )
        assert not changed(before, contents())

    def test_or_the_good_rows_are_taken_alone(self, qian, cast):
        made = upload(qian, people(*self.MIXED)).json()
        assert apply(qian, made, "good").status_code == 200
        hired = Employee.objects.filter(company=cast.company, number__startswith="300")
        assert [person.number for person in hired] == ["3001"]

    def test_what_leans_on_an_error_is_one_and_says_on_which(self, qian):
        made = upload(qian, people(*self.MIXED)).json()
        wrong = rows_of(qian, made["id"], outcome="error")
        assert [codes(row) for row in wrong] == [
            [("department", "unknown_department")],
            [("manager", "depends_on_error")],
        ]
        assert wrong[1]["problems"][0]["detail"] == "所引用的第 3 行（员工/Employees）有误"

    def test_in_english_too(self, qian):
        made = upload(qian, people(*self.MIXED)).json()
        qian.headers = {**qian.headers, "Accept-Language": "en"}
        problem = rows_of(qian, made["id"], outcome="error")[0]["problems"][0]
        assert (problem["heading"], problem["detail"]) == ("Department code", "there is no department “nowhere”")


class TestWhatIsRefused:
    def test_whoever_may_not(self, api, cast):
        before = contents()
        for caller in (api(cast.li), api(cast.han), api(cast.sun)):
            assert upload(caller, both()).status_code == 403
            assert caller.get("/directory/exports/people.xlsx").status_code == 403
            assert caller.get("/directory/exports/template.xlsx").status_code == 403
        assert not {name for name in changed(before, contents()) if name.startswith("directory_directory")}

    def test_another_company(self, qian, api, cast):
        made = upload(qian, both()).json()
        system = Actor.system(cast.acme.pk)
        roles.assign_roles(actor=system, employee_id=cast.sun.pk, role_codes=["administrator"], at=clock.now())
        sun = api(cast.sun)
        before = contents()
        for reply in (
            sun.get(f"{IMPORTS}/{made['id']}"),
            sun.get(f"{IMPORTS}/{made['id']}/rows"),
            apply(sun, made),
        ):
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
        assert upload(sun, both(), id=made["id"]).json()["code"] == "id_reused"
        assert not changed(before, contents())

    @pytest.mark.parametrize(
        ("content", "kind", "status", "code"),
        [
            (b"PK\x03\x04 no workbook", None, 422, "bad_file"),
            (csv("a,b", "1,2"), "text/csv", 422, "column_missing"),
            (b"\n", "text/csv", 422, "column_missing"),
            (b"{}", "application/json", 415, "unsupported_media_type"),
            (b"x" * (MAX_BYTES + 1), "text/csv", 413, "too_large"),
        ],
        ids=["no workbook", "no heading", "empty", "json", "too large"],
    )
    def test_what_is_no_table(self, qian, content, kind, status, code):
        reply = upload(qian, content, **({"kind": kind} if kind else {}))
        assert (reply.status_code, reply.json()["code"]) == (status, code)
        assert not DirectoryImport.objects.exists()

    def test_contacts_are_hidden_from_who_may_not_see_them(self, qian, api, cast):
        system, at = Actor.system(cast.company.pk), clock.now()
        clerk = {"code": "clerk", "name": "文员", "capabilities": ["directory.manage"], "fields": []}
        roles.put_role(actor=system, scopes={"directory": Scope.COMPANY}, at=at, **clerk)
        roles.assign_roles(actor=system, employee_id=cast.zhao.pk, role_codes=["clerk"], at=at)
        Employee.objects.filter(pk=cast.zhao.pk).update(phone="13811112222")
        rows = previewed(api(cast.zhao), people(["1004", "", "", "", "", "13833334444", ""]))
        assert rows["employees", 2]["changes"] == [{"field": "phone", "before": None, "after": None}]
