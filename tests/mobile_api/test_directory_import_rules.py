"""What spreadsheet programs do to numbers, what people forget, and what no file may do."""

import io
from datetime import date

import pytest
import xlsxwriter

from backend.core import clock
from backend.core.actor import Actor, Scope
from backend.directory.models import Department, Employee, Identity
from backend.directory.services import departments as tree
from backend.directory.services import imports, roles
from backend.directory.services import people as persons
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.support.client import Caller
from tests.support.people_file import (
    EMPLOYEES,
    apply,
    codes,
    csv,
    departments,
    people,
    previewed,
    rows_of,
    taken_in,
    upload,
    workbook,
)


@pytest.fixture
def qian(api, cast) -> Caller:
    return api(cast.qian)


def one(caller: Caller, *cells, **options):
    """The preview of one row of an employee."""
    return previewed(caller, people(list(cells)), **options)["employees", 2]


def hire(cast, number: str, **fields) -> Employee:
    home = fields.pop("home", cast.east)
    at, actor = clock.now(), Actor.system(cast.company.pk)
    known = {"name": "某人", "manager_id": None, "department_id": home.pk, "role_codes": ["rep"], **fields}
    return persons.put_employee(actor=actor, number=number, at=at, **known)


class TestCells:
    def test_numbers_of_spreadsheets_are_text_again(self, qian, cast):
        row = one(qian, 3001, "新人", "east", 1001, "rep", 13800138000, "")
        told = {change["field"]: change["after"] for change in row["changes"]}
        assert (row["key"], told["manager"], told["phone"], row["problems"]) == ("3001", "1001", "13800138000", [])

    def test_wide_digits_blanks_and_what_cannot_be_seen_mean_nothing(self, qian, cast):
        cells = ["\ufeff１００４ ", " 赵强\u3000", "ｎｏｒｔｈ", "", "ＲＥＰ", "", " 在职"]
        assert one(qian, *cells)["outcome"] == "unchanged"
        row = one(qian, "3001", "新\u3000人", "EAST", "", "rep", "\u202d138 0013 8000\u202c", "")
        told = {change["field"]: change["after"] for change in row["changes"]}
        assert (told["name"], told["phone"]) == ("新 人", "13800138000")

    def test_a_telephone_written_otherwise_is_the_same(self, qian, cast):
        Employee.objects.filter(pk=cast.li.pk).update(phone="+86 138-0013-8000")
        assert one(qian, "1002", "", "", "", "", "13800138000", "")["outcome"] == "unchanged"

    @pytest.mark.parametrize(
        ("line", "found"),
        [
            ("3001,人,east,,,1.38E+10,", ("phone", "digits_lost")),
            ("1E+05,人,east,,,,", ("number", "digits_lost")),
            ("12,人,east,,,,", ("number", "leading_zeros_lost")),
            ("3001,人,east,12,,,", ("manager", "leading_zeros_lost")),
            ("3001,=1+1,east,,,,", ("name", "formula")),
            ("3001,@SUM(A1),east,,,,", ("name", "formula")),
            ("=CMD(),人,east,,,,", ("number", "formula")),
            ("30 01?,人,east,,,,", ("number", "bad_value")),
            (f"3001,{'长' * 65},east,,,,", ("name", "too_long")),
            ("3001,人,east,,,电话,", ("phone", "bad_value")),
            ("3001,人,east,,,,休假", ("status", "bad_value")),
            ("3001,人,,,,,", ("department", "missing")),
            ("3001,,east,,,,", ("name", "missing")),
            (",人,east,,,,", ("number", "missing")),
            ("3001,人,east,3001,,,", ("manager", "own_manager")),
            ("3001,人,east,9999,,,", ("manager", "unknown_employee")),
            ("3001,人,east,,king,,", ("roles", "unknown_role")),
            ("3001,人,east,,,,离职", ("status", "has_left")),
        ],
    )
    def test_what_is_wrong_is_named_by_column_and_code(self, qian, cast, line, found):
        hire(cast, "0012")
        heading = ",".join(EMPLOYEES)
        row = previewed(qian, csv(heading, line, encoding="gb18030"), kind="text/csv")["employees", 2]
        assert (row["outcome"], codes(row)) == ("error", [found])
        assert row["problems"][0]["detail"]

    def test_a_text_that_was_meant_is_not_doubted(self, qian, cast):
        hire(cast, "0012")
        assert one(qian, "12", "新人", "east", "", "rep", "", "")["outcome"] == "created"
        assert codes(one(qian, 12, "新人", "east", "", "rep", "", "")) == [("number", "leading_zeros_lost")]

    def test_a_code_that_became_a_date_and_a_number_that_lost_digits(self, qian):
        file = io.BytesIO()
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["工号", "姓名", "部门编码", "手机"])
            sheet.write_row(1, 0, ["3001", "甲", "", 8613800138000123456])
            sheet.write_datetime(1, 2, date(2026, 3, 1), book.add_format({"num_format": "m-d"}))
        row = previewed(qian, file.getvalue())["employees", 2]
        assert sorted(codes(row)) == [("department", "became_a_date"), ("phone", "digits_lost")]

    def test_titles_blank_rows_merged_cells_other_sheets_and_unknown_columns(self, qian, cast):
        file = io.BytesIO()
        with xlsxwriter.Workbook(file) as book:
            book.add_worksheet("Notes").write(0, 0, "年度盘点")
            sheet = book.add_worksheet("花名册")
            sheet.merge_range(0, 0, 0, 4, "外勤公司员工花名册")
            sheet.write_row(1, 0, ["* Number（必填）", "Name", "星座", "Department code", "部门名称"])
            sheet.write_row(3, 0, ["3001", "甲", "白羊"])
            sheet.write_row(4, 0, ["3002", "乙", "金牛"])
            sheet.merge_range(3, 3, 4, 3, "north")
        made = upload(qian, file.getvalue()).json()
        assert made["ignored"] == ["星座"], "the name of a department is for the eye"
        rows = rows_of(qian, made["id"])
        assert [(row["number"], row["key"], row["outcome"]) for row in rows] == [
            (4, "3001", "created"),
            (5, "3002", "created"),
        ]
        apply(qian, made)
        assert (
            Employee.objects.filter(company=cast.company, department=cast.north, number__startswith="300").count() == 2
        )

    def test_columns_that_are_absent_and_cells_that_are_empty_leave_what_is_there(self, qian, cast):
        Employee.objects.filter(pk=cast.li.pk).update(phone="13800138000", email="li@example.com")
        taken_in(qian, people(["1002", "李小雷"], headings=["工号", "姓名"]))
        taken_in(qian, people(["1002", "", "", "", "", "", ""]))
        cast.li.refresh_from_db()
        assert (cast.li.name, cast.li.phone, cast.li.email, cast.li.manager) == (
            "李小雷",
            "13800138000",
            "li@example.com",
            cast.han,
        )


class TestTheWhole:
    def test_a_circle_is_named_and_what_is_below_it_falls_with_it(self, qian):
        rows = previewed(
            qian,
            departments(["a", "甲", "b", ""], ["b", "乙", "c", ""], ["c", "丙", "a", ""], ["d", "丁", "c", ""]),
        )
        assert [codes(row) for row in rows.values()] == [[("parent", "circular_departments")]] * 3 + [
            [("parent", "depends_on_error")]
        ]
        assert rows["departments", 2]["problems"][0]["detail"] == "上下级成环：a → b → c → a"

    def test_a_circle_with_what_is_there_already(self, qian, cast):
        rows = previewed(qian, departments(["east", "", "shanghai", ""]))
        assert codes(rows["departments", 2]) == [("parent", "circular_departments")]
        taken_in(qian, departments(["east", "", "shanghai", ""], ["shanghai", "", "root", ""]))
        cast.east.refresh_from_db()
        assert cast.east.parent_id == cast.shanghai.pk, "turned over in one file"

    def test_a_row_that_drops_out_may_leave_a_circle_behind(self, qian):
        """上海组 would make room; its row is wrong, so 华东区 may not go below it."""
        rows = previewed(qian, departments(["east", "", "shanghai", ""], ["shanghai", "长" * 65, "root", ""]))
        assert codes(rows["departments", 2]) == [("parent", "circular_departments")]

    def test_reporting_in_a_circle(self, qian):
        rows = previewed(qian, people(["1001", "", "", "1002", "", "", ""]))
        problem = rows["employees", 2]["problems"][0]
        assert (problem["code"], problem["detail"]) == ("circular_reporting", "上下级成环：1001 → 1002 → 1001")

    def test_twice_in_the_file(self, qian):
        rows = previewed(
            qian, people(["3001", "甲", "east", "", "", "", ""], ["３００１", "乙", "east", "", "", "", ""])
        )
        assert [codes(row) for row in rows.values()] == [[("number", "duplicate")]] * 2
        assert [row["problems"][0]["detail"] for row in rows.values()] == ["与第 3 行重复", "与第 2 行重复"]

    def test_a_telephone_is_one_persons(self, qian, cast):
        Employee.objects.filter(pk=cast.li.pk).update(phone="138 0013 8000")
        row = one(qian, "3001", "甲", "east", "", "", "+8613800138000", "")
        assert row["problems"][0]["detail"] == "已是员工“1002”的手机"
        swapped = people(["1002", "", "", "", "", "13900139000", ""], ["3001", "甲", "east", "", "", "13800138000", ""])
        assert {row["outcome"] for row in previewed(qian, swapped).values()} == {"changed", "created"}

    def test_nobody_is_put_under_a_leaver_or_into_a_dissolved_department(self, qian, cast):
        at, system = clock.now(), Actor.system(cast.company.pk)
        empty = tree.create_department(actor=system, code="empty", name="空", at=at)[0]
        tree.dissolve_department(actor=system, department_id=empty.pk, at=at)
        rows = previewed(
            qian,
            people(
                ["1004", "", "", "", "", "", "离职"],
                ["3001", "甲", "east", "1004", "", "", ""],
                ["3002", "乙", "empty", "", "", "", ""],
            ),
        )
        assert codes(rows["employees", 3]) == [("manager", "employee_left")]
        assert codes(rows["employees", 4]) == [("department", "department_dissolved")]
        file = workbook(部门=[["部门编码", "部门名称"], ["empty", "空"]], 员工=[EMPLOYEES, ["3002", "乙", "empty"]])
        taken_in(qian, file)
        assert Department.objects.get(pk=empty.pk).dissolved_at is None, "a row of its own brings it back"


class TestPower:
    def test_the_last_administrator_and_oneself_stay(self, qian, cast):
        assert codes(one(qian, "1005", "", "", "", "rep", "", "")) == [("roles", "locks_you_out")]
        assert codes(one(qian, "1005", "", "", "", "", "", "离职")) == [("status", "locks_you_out")]

    def test_a_clerk_neither_grants_nor_touches_more_than_his_own(self, api, cast):
        system, at = Actor.system(cast.company.pk), clock.now()
        may = ["directory.manage", "customer.read"]
        roles.put_role(
            actor=system, code="clerk", name="文员", capabilities=may, scopes={"directory": Scope.COMPANY}, at=at
        )
        roles.assign_roles(actor=system, employee_id=cast.zhao.pk, role_codes=["clerk"], at=at)
        rows = previewed(
            api(cast.zhao),
            people(
                ["3001", "甲", "east", "", "administrator", "", ""],
                ["3002", "乙", "east", "", "clerk", "", ""],
                ["1005", "", "", "", "", "13800138000", ""],
                ["1002", "", "", "", "administrator", "", ""],
                ["1001", "韩梅梅", "", "", "", "", ""],
            ),
        )
        found = [(row["outcome"], codes(row)) for row in rows.values()]
        refused = ("error", [("roles", "grants_too_much")])
        assert found == [refused, ("created", []), refused, refused, ("unchanged", [])]

    def test_of_administrators_one_must_remain(self, api, cast):
        """Where nobody acts as himself, nobody locks himself out."""
        system, at = Actor.system(cast.company.pk), clock.now()
        roles.assign_roles(actor=system, employee_id=cast.wang.pk, role_codes=["administrator"], at=at)
        both = people(["1003", "", "", "", "", "", "离职"], ["1005", "", "", "", "rep", "", ""])
        made, _ = imports.upload(actor=system, name="x", content=both, at=at)
        assert made.counts["employees"]["error"] == 2
        handed_on = people(
            ["1003", "", "", "", "", "", "离职"],
            ["1005", "", "", "", "rep", "", ""],
            ["3001", "新", "root", "", "administrator", "", ""],
        )
        made, _ = imports.upload(actor=system, name="y", content=handed_on, at=at)
        imports.apply(actor=system, import_id=made.pk, preview=made.preview, at=at)
        assert Employee.objects.get(company=cast.company, number="3001").has_capability("role.manage")


class TestWecomAccounts:
    HEADINGS = ("工号", "企业微信账号")

    def _import(self, qian, *rows):
        return previewed(qian, people(*map(list, rows), headings=list(self.HEADINGS)))

    def test_need_a_corporation(self, qian):
        assert codes(self._import(qian, ["1002", "LiLei"])["employees", 2]) == [("wecom", "no_wecom")]

    def test_are_bound_exchanged_and_let_go(self, qian, cast):
        system = Actor.system(cast.company.pk)
        apps.configure_app(actor=system, kind=App.Kind.WECOM_APP, platform_id="ww-1", agent_id=1, secret="s" * 20)
        headings = list(self.HEADINGS)
        taken_in(qian, people(["1002", "LiLei"], ["1004", "ZhaoQiang"], headings=headings))
        bound = Identity.objects.filter(tenant="ww-1", provider="wecom")
        assert dict(bound.values_list("subject", "employee__number")) == {"LiLei": "1002", "ZhaoQiang": "1004"}
        assert codes(self._import(qian, ["1001", "lilei"])["employees", 2]) == [("wecom", "wecom_taken")]
        taken_in(qian, people(["1002", "ZhaoQiang"], ["1004", "LiLei"], headings=headings))
        assert dict(bound.values_list("subject", "employee__number")) == {"LiLei": "1004", "ZhaoQiang": "1002"}
        taken_in(qian, people(["1002", "-"], headings=headings))
        assert not bound.filter(employee=cast.li).exists()
