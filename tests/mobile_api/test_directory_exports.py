"""The directory as a file: what the reader sees, safe to open, and the same when it comes back."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from backend.core import clock, spreadsheets
from backend.core.actor import Actor, Scope
from backend.directory.models import Department, Employee
from backend.directory.services import roles
from backend.events.models import Event
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.support.client import Caller
from tests.support.people_file import XLSX, people, taken_in, upload

EXPORT = "/directory/exports/people.xlsx"


def tables(content: bytes) -> dict[str, list[list[str]]]:
    return {sheet.name: [list(map(str, row)) for row in sheet.rows] for sheet in spreadsheets.sheets(content)}


@pytest.fixture
def qian(api, cast) -> Caller:
    return api(cast.qian)


def grant(cast, who: Employee, capabilities: list[str], scope: str, fields: tuple[str, ...] = ()) -> None:
    system, at = Actor.system(cast.company.pk), clock.now()
    scopes = {"directory": scope}
    roles.put_role(
        actor=system, code="taker", name="导出", capabilities=capabilities, scopes=scopes, fields=fields, at=at
    )
    roles.assign_roles(actor=system, employee_id=who.pk, role_codes=["taker"], at=at)


def test_what_goes_out_comes_back_unchanged_on_every_row(qian, cast):
    """Whatever people have put there by other doors: odd blanks, formulas, zeros, lines of a leaver."""
    system = Actor.system(cast.company.pk)
    apps.configure_app(actor=system, kind=App.Kind.WECOM_APP, platform_id="ww-1", agent_id=1, secret="s" * 20)
    odd = {"name": "=HYPERLINK(1)", "phone": "+86 (138) 0013-8000", "email": "a@b.cn"}
    Employee.objects.filter(pk=cast.li.pk).update(**odd)
    Employee.objects.filter(pk=cast.zhao.pk).update(number="00７ ", manager=cast.wang, name="赵　 强")
    Employee.objects.filter(pk=cast.wang.pk).update(is_active=False)
    Department.objects.filter(pk=cast.east.pk).update(leader=cast.wang, name="@华东", code="E 1", position=7)
    taken_in(qian, people(["1002", "LiLei"], headings=["工号", "企业微信账号"]))
    reply = qian.get(EXPORT)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, XLSX)
    shown = tables(reply.content)
    assert "LiLei" in next(row for row in shown["员工 Employees"] if row[0] == "1002")
    made = upload(qian, reply.content).json()
    assert made["counts"] == {
        "departments": {"created": 0, "changed": 0, "unchanged": 4, "error": 0},
        "employees": {"created": 0, "changed": 0, "unchanged": 4, "error": 0},
    }
    assert made["ignored"] == []
    taken = Event.objects.get(name="directory.exported")
    assert (taken.actor_id, taken.data["employees"], taken.data["departments"]) == (cast.qian.pk, 4, 4)


def test_no_cell_is_a_formula(qian, cast):
    Employee.objects.filter(pk=cast.li.pk).update(name='=CMD|"/C calc"!A0')
    content = qian.get(EXPORT).content
    parts = sheet_xml(content)
    assert "<f>" not in parts
    assert '=CMD|"/C calc"!A0' in {cell for row in tables(content)["员工 Employees"] for cell in row}


def sheet_xml(content: bytes) -> str:
    with ZipFile(BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name)


def test_it_holds_what_the_reader_sees_and_no_more(api, cast):
    Employee.objects.filter(pk=cast.li.pk).update(phone="13800138000")
    grant(cast, cast.han, ["directory.export"], Scope.SUBTREE)
    content = api(cast.han).get(EXPORT).content
    shown = tables(content)
    heading, *rows = shown["员工 Employees"]
    assert [row[0] for row in rows] == ["1001", "1002"]
    assert [row[0] for row in shown["部门 Departments"][1:]] == ["root", "east", "shanghai"]
    assert not {"手机 Phone", "邮箱 E-mail", "角色编码 Roles", "企业微信账号 WeCom user id"} & set(heading)
    assert b"13800138000" not in content
    assert "13800138000" not in str(shown)
    grant(cast, cast.han, ["directory.export"], Scope.COMPANY, ("colleague_contact",))
    assert "13800138000" in str(tables(api(cast.han).get(EXPORT).content))


def test_what_is_hidden_is_not_touched_when_the_file_comes_back(api, qian, cast):
    Employee.objects.filter(pk=cast.li.pk).update(phone="13800138000")
    grant(cast, cast.han, ["directory.export"], Scope.COMPANY)
    counts = taken_in(qian, api(cast.han).get(EXPORT).content)
    assert {found["changed"] + found["error"] for found in counts.values()} == {0}
    cast.li.refresh_from_db()
    assert cast.li.phone == "13800138000"


def test_the_template_is_empty_offers_lists_and_is_understood(qian):
    content = qian.get("/directory/exports/template.xlsx").content
    shown = tables(content)
    assert [len(shown[name]) for name in ("部门 Departments", "员工 Employees")] == [1, 1]
    assert any("administrator" in row for row in shown["说明 Notes"])
    assert sheet_xml(content).count("<dataValidation ") == 4
    reply = upload(qian, content)
    assert (reply.status_code, reply.json()["ignored"]) == (201, [])
