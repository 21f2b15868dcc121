"""Customers by file: previewed by a job, confirmed, taken in by a job; once, as seen, and no further than one may."""

from typing import Any
from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.spreadsheets import sheets
from backend.customers.models import Contact, CoOwner, Customer, CustomerImport, CustomerPlace
from backend.customers.services import put_field
from backend.customers.sheet import importing
from backend.directory.models import Role
from backend.events.models import Event
from notifications.models import Notification
from tests.support.customer_file import (
    IMPORTS,
    apply,
    codes,
    customers,
    got,
    outcomes,
    previewed,
    rows_of,
    taken_in,
)
from tests.support.customers import code_of, made
from tests.support.exports import asked, opened, path_of
from tests.support.people_file import csv, upload
from tests.support.people_file import workbook as a_workbook

CREDIT = "91350100M000100Y43"
WIDE = ["客户编码", "客户名称", "状态", "客户等级", "标签", "统一社会信用代码", "电话", "纬度", "经度", "坐标系"]
WIDE += ["围栏半径", "负责人工号", "联系人1", "联系人电话1", "其他地点1", "地点1纬度", "地点1经度", "地点1坐标系"]
WIDE += ["面积", "开业", "备注列"]


@pytest.fixture
def han(api, cast):
    """She leads Li's department, and imports customers."""
    return api(cast.han)


def named(name: str) -> Customer:
    return Customer.objects.get(name=name, deleted_at=None)


def test_a_whole_row_comes_in_and_the_same_file_again_changes_nothing(han, api, cast, work):
    admin = cast.actor(cast.qian)
    put_field(actor=admin, key="area", name="面积", kind="number", at=clock.now())
    put_field(actor=admin, key="opened", name="开业", kind="day", at=clock.now())
    wide = [
        "W1", "联华超市", "成交", "A", "重点，华东", CREDIT.lower(), "021 123", "31.2", "121.4", "GCJ02", "500", "1002",
        "王芳", "13900000001", "分店", "31.3", "121.5", "WGS84", "1,200", "2026/1/2", "x",
    ]  # fmt: skip
    content = customers(wide, ["", "华联"], headings=WIDE)
    seen = previewed(han, content)
    assert (seen["phase"], seen["counts"]["created"], seen["ignored"]) == ("previewed", 2, ["备注列"])
    assert not Customer.objects.exists()
    first = rows_of(han, seen)[2]
    assert {"field": "level", "before": "", "after": "A"} in first["changes"]
    assert apply(han, seen).status_code == 202
    work()
    told = got(han, seen["id"])
    assert (told["phase"], told["rows_applied"], told["rows_outdated"]) == ("applied", 2, 0)
    customer = named("联华超市")
    assert (customer.owner, customer.department) == (cast.li, cast.shanghai)
    assert (customer.status, customer.tags, customer.credit_code) == ("active", ["华东", "重点"], CREDIT)
    assert customer.details == {"area": 1200.0, "opened": "2026-01-02"}
    assert (customer.geofence_m, customer.phone) == (500, "021123")
    assert customer.lat != 31.2
    assert abs(customer.lat - 31.2) < 0.01
    assert Contact.objects.get(customer=customer).phone == "13900000001"
    assert CustomerPlace.objects.get(customer=customer).lat == 31.3
    assert named("华联").owner == cast.han
    assert named("华联").code.startswith("C")
    assert [each["id"] for each in han.get("/customers", q="wangfang").json()["items"]] == [str(customer.pk)]
    again = taken_in(han, content)
    assert (again["counts"]["unchanged"], again["rows_applied"]) == (2, 0)
    assert Customer.objects.count() == 2
    assert Event.objects.filter(name="customer.created", actor=cast.han).count() == 2
    assert not Event.objects.filter(name="customer.changed").exists()
    kinds = [*Notification.objects.filter(recipient=cast.han).values_list("kind", flat=True).order_by("pk")]
    assert kinds == ["customer_import.previewed", "customer_import.applied"] * 2


def test_an_export_comes_back_unchanged(han, api, cast, work, media_root):
    li = api(cast.li)
    first = made(li, "=联华", phone="021-1 2", tags=["b", "a"], place={"lat": 31.21, "lng": 121.4, "crs": "gcj02"})
    li.post(f"/customers/{first['id']}/contacts", {"name": "王 芳", "email": "w@example.com"})
    export = asked(han)["id"]
    work()
    assert len(opened(han, export)) == 1
    file = api(None).client.get(path_of(han.get(f"/exports/{export}").json()))
    seen = previewed(han, b"".join(file.streaming_content))
    assert (seen["counts"]["unchanged"], seen["ignored"]) == (1, [])


def test_what_is_there_is_changed_by_code_then_by_credit_code(han, api, cast, work):
    li = api(cast.li)
    one = made(li, "联华", code="A1", level="B", phone="021-1")
    two = made(li, "华联", credit_code=CREDIT)
    li.post(f"/customers/{one['id']}/contacts", {"name": "王芳", "phone": "1"})
    api(cast.han).post(f"/customers/{one['id']}/share", {"employee_ids": [str(cast.han.pk)]})
    headings = ["客户编码", "客户名称", "统一社会信用代码", "客户等级", "电话", "联系人1", "联系人电话1", "负责人工号"]
    rows = ["A1", "", "", "A", "-", "王芳", "13900000001", "1001"], ["", "华联超市", CREDIT, "", "", "", "", "-"]
    told = taken_in(han, customers(*rows, headings=headings))
    assert (told["rows_applied"], told["counts"]["changed"]) == (2, 2)
    first, second = (Customer.objects.get(pk=each["id"]) for each in (one, two))
    assert (first.name, first.level, first.phone, first.owner, first.version) == ("联华", "A", "", cast.han, 4)
    assert Contact.objects.get(customer=first).phone == "13900000001"
    assert not CoOwner.objects.filter(customer=first).exists()
    assert (second.name, second.in_pool) == ("华联超市", True)
    [event] = Event.objects.filter(name="customer.changed", subject_id=first.pk)
    assert (event.data["before"]["level"], event.data["after"]["level"]) == ("B", "A")
    assert "13900000001" not in str([*Event.objects.filter(subject_id=first.pk).values_list("data", flat=True)])


BAD: dict[str, tuple[str, str]] = {
    "编码 有误|超市": ("code", "bad_value"),
    "|" + "长" * 129: ("name", "too_long"),
    "|=SUM(1)": ("name", "formula"),
    "B1": ("name", "missing"),
    "B2|a||abc": ("phone", "bad_value"),
    "B3|b|||9999": ("owner", "unknown_employee"),
    "B4|c|||1004": ("owner", "unknown_employee"),
}


def test_what_is_wrong_is_said_by_row_and_column_and_the_good_rows_may_go_alone(han, cast, work, media_root):
    lines = ["客户编码,客户名称,客户等级,电话,负责人工号,纬度,统一社会信用代码"]
    lines += [line.replace("|", ",") for line in BAD]
    lines += ["B5,d,,,,31.2", "B6,e,,,,,91350100M000100Y44", "B7,f,A,,1002", "B7,g"]
    seen = previewed(han, csv(*lines), kind="text/csv")
    rows = rows_of(han, seen)
    found = [codes(rows[number])[0] for number in range(2, len(BAD) + 2)]
    assert found == [("code", "bad_value") if column == "code" else (column, code) for column, code in BAD.values()]
    assert [codes(rows[number]) for number in (9, 10, 12)] == [
        [("lng", "incomplete_place")],
        [("credit_code", "bad_credit_code")],
        [("code", "duplicate")],
    ]
    assert [*rows] == sorted(rows)
    assert (seen["counts"]["error"], seen["counts"]["created"]) == (10, 1)
    reply = apply(han, seen)
    assert code_of(reply) == (409, "import_has_errors")
    assert code_of(apply(han, {**seen, "preview": "0" * 64}, "good")) == (409, "preview_outdated")
    assert apply(han, seen, "good").status_code == 202
    work()
    assert [*Customer.objects.values_list("code", flat=True)] == ["B7"]
    export = han.post(f"{IMPORTS}/{seen['id']}/left-rows", {})
    assert export.status_code == 202
    work()
    left = opened(han, export.json()["id"])
    assert len(left) == 10
    assert (left[4]["问题"], left[4]["客户编码"]) == ("电话: “abc”无效", "B2")


def test_a_likely_duplicate_is_skipped_updated_or_created_as_one_chooses(han, api, cast, work):
    there = made(api(cast.li), "上海联华（超市）有限公司", phone="021-62345678")
    content = customers(["", "上海联华超市", "A", "02162345678"], ["", "上海联华超市", "A", "02187654321"])
    seen = previewed(han, content)
    rows = rows_of(han, seen)
    assert (rows[2]["outcome"], codes(rows[2])) == ("skipped", [("name", "likely_duplicate")])
    assert there["code"] in rows[2]["problems"][0]["detail"]
    assert rows[3]["outcome"] == "created"
    assert han.post(f"{IMPORTS}/{seen['id']}/preview", {"alike": "update"}).status_code == 202
    assert code_of(apply(han, seen)) == (409, "import_under_way")
    work()
    again = got(han, seen["id"])
    assert again["preview"] != seen["preview"]
    assert rows_of(han, again)[2]["customer_id"] == there["id"]
    apply(han, again)
    work()
    assert Customer.objects.get(pk=there["id"]).level == "A"
    assert Customer.objects.count() == 2
    third = previewed(han, content, alike="create")
    assert third["counts"]["unchanged"] == 2, "the very same is no other, whatever one chooses"


def test_nobody_reaches_further_than_he_sees(han, api, cast, work):
    hidden = made(api(cast.zhao), "北方商贸", code="N1", credit_code=CREDIT, phone="010-12345678")
    pooled = made(api(cast.zhao), "公海客户", code="N2")
    api(cast.zhao).post(f"/customers/{pooled['id']}/release")
    headings = ["客户编码", "客户名称", "统一社会信用代码", "电话"]
    rows = [["N1", "抢来"], ["", "抢来二", CREDIT], ["", "北方商贸", "", "01012345678"], ["N2", "抢来三"]]
    seen = previewed(han, customers(*rows, headings=headings))
    found = rows_of(han, seen)
    assert [codes(found[number])[0][1] for number in (2, 3, 4, 5)] == [
        "code_taken",
        "credit_code_hidden",
        "likely_duplicate_hidden",
        "not_in_charge",
    ]
    assert (found[4]["outcome"], seen["counts"]["error"]) == ("skipped", 3)
    said = str(found)
    assert hidden["id"] not in said
    assert "赵强" not in said
    taken = apply(han, seen, "good")
    work()
    assert taken.status_code == 202
    assert got(han, seen["id"])["rows_applied"] == 0


def test_who_may_not_import_and_whose_it_is_not(han, api, cast, work):
    content = customers(["", "联华"])
    assert code_of(upload(api(cast.li), content, to=IMPORTS)) == (403, "forbidden")
    assert code_of(upload(han, b"{}", to=IMPORTS, kind="application/json")) == (415, "unsupported_media_type")
    seen = previewed(han, content)
    for path, body in (("", None), ("/rows", None), ("/apply", {"preview": seen["preview"]}), ("/preview", {})):
        address = f"{IMPORTS}/{seen['id']}{path}"
        reply = api(cast.qian).get(address) if body is None else api(cast.qian).post(address, body)
        assert reply.status_code == 404, path
    assert api(cast.qian).post(f"{IMPORTS}/{seen['id']}/left-rows", {}).status_code == 404
    assert api(cast.qian).get(IMPORTS).json()["items"] == []
    assert [each["id"] for each in han.get(IMPORTS).json()["items"]] == [seen["id"]]
    Role.objects.filter(company=cast.company, code="manager").update(capabilities=["customer.write"])
    CustomerImport.objects.update(phase="applying", status="pending", due_at=clock.now(), finished_at=None)
    work()
    failed = CustomerImport.objects.get()
    assert (failed.state, failed.why) == ("failed", "forbidden")
    assert not Customer.objects.exists()


def test_a_file_sent_twice_is_one_and_so_is_a_confirmation(han, work):
    content, own = customers(["", "联华"]), str(uuid4())
    replies = [upload(han, content, to=IMPORTS, id=own) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 200]
    assert code_of(upload(han, customers(["", "华联"]), to=IMPORTS, id=own)) == (409, "id_reused")
    upload(han, customers(["", "二"]), to=IMPORTS)
    assert code_of(upload(han, customers(["", "三"]), to=IMPORTS)) == (409, "imports_under_way")
    work()
    seen = got(han, own)
    assert [apply(han, seen).status_code for _ in range(2)] == [202, 202]
    work()
    assert apply(han, seen).status_code == 202
    work()
    assert Customer.objects.count() == 1
    assert Event.objects.filter(name="customer_import.confirmed").count() == 1


def test_a_customer_that_was_changed_meanwhile_is_left_and_reported(han, api, cast, work):
    one, two = (made(api(cast.li), name, code=code) for name, code in (("联华", "A1"), ("华联", "A2")))
    seen = previewed(han, customers(["A1", "联华一"], ["A2", "华联二"], ["A3", "新的"]))
    api(cast.li).patch(f"/customers/{one['id']}", {"version": one["version"], "level": "C"})
    made(api(cast.zhao), "先到", code="A3")
    apply(han, seen)
    work()
    told = got(han, seen["id"])
    assert (told["rows_applied"], told["rows_outdated"]) == (1, 2)
    assert Customer.objects.get(pk=one["id"]).name == "联华"
    assert Customer.objects.get(pk=two["id"]).name == "华联二"
    left = rows_of(han, told, result="outdated")
    assert {number: codes(row) for number, row in left.items()} == {
        2: [("code", "changed_since")],
        4: [("code", "changed_since")],
    }


class Killed(BaseException):
    """What no `except Exception` sees, as a kill of the process."""


@pytest.mark.parametrize("step", ["compare", "apply"])
def test_a_killed_worker_is_followed_by_one_that_goes_on(step, han, work, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    content = customers(*[["", f"客户{number}", "", f"0213333{number:04}"] for number in range(7)])
    portion, calls = getattr(importing, f"_{step}_portion"), []

    def dies_after_the_second(*args: Any, **kwargs: Any) -> bool:
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return portion(*args, **kwargs)

    monkeypatch.setattr(importing, f"_{step}_portion", dies_after_the_second)
    if step == "compare":
        upload(han, content, to=IMPORTS)
    else:
        apply(han, previewed(han, content))
    with pytest.raises(Killed):
        importing.work_on(CustomerImport.objects.get().pk)
    told = got(han, str(CustomerImport.objects.get().pk))
    assert (told["phase"], told["rows_done"], told["rows_total"]) == (
        "comparing" if step == "compare" else "applying",
        4,
        7,
    )
    assert Customer.objects.count() == (4 if step == "apply" else 0)
    CustomerImport.objects.update(due_at=clock.now())  # the lease has run out
    work()
    told = got(han, told["id"])
    if step == "compare":
        assert (told["phase"], told["counts"]["created"]) == ("previewed", 7)
        assert outcomes(han, told) == dict.fromkeys(range(2, 9), "created")
    else:
        assert (told["phase"], told["rows_applied"], Customer.objects.count()) == ("applied", 7, 7)
        assert Event.objects.filter(name="customer.created").count() == 7


def test_one_that_was_given_up_half_way_goes_on_when_asked_again(han, work, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    seen = previewed(han, customers(*[["", f"客户{number}", "", f"0213333{number:04}"] for number in range(5)]))
    apply(han, seen)
    file = CustomerImport.objects.get()
    importing._apply_portion(_claimed(file), importing.house_of(importing._uploader(file)), at=clock.now())
    CustomerImport.objects.update(status="dead", finished_at=clock.now())
    told = got(han, seen["id"])
    assert (told["phase"], told["reason"], told["rows_applied"]) == ("failed", "given_up", 2)
    assert apply(han, seen).status_code == 202
    work()
    told = got(han, seen["id"])
    assert (told["phase"], told["reason"], told["rows_applied"]) == ("applied", None, 5)
    assert Customer.objects.count() == 5


def _claimed(file: CustomerImport) -> CustomerImport:
    """As a worker holds it."""
    file.hold_on()
    return file


def test_what_cannot_be_read_fails_with_a_reason(han, work):
    for content, kind, reason in (
        (b"PK\x03\x04broken", None, "bad_file"),
        (csv("甲,乙", "1,2"), "text/csv", "column_missing"),
    ):
        options = {"kind": kind} if kind else {}
        told = previewed(han, content, **options)
        assert (told["phase"], told["reason"], told["preview"]) == ("failed", reason, None)
    assert Notification.objects.filter(kind="customer_import.failed").count() == 2


def test_telephones_that_one_may_not_see_are_not_shown_by_a_preview(han, api, cast, work):
    made(api(cast.li), "联华", code="A1", phone="021-62345678")
    Role.objects.filter(company=cast.company, code="manager").update(fields=[])
    seen = previewed(han, customers(["A1", "联华", "A", "13900000001"]))
    [change] = [one for one in rows_of(han, seen)[2]["changes"] if one["field"] == "phone"]
    assert (change["before"], change["after"]) == (None, "13900000001")


def test_the_template_can_be_filled_in(han, cast):
    put_field(actor=cast.actor(cast.qian), key="area", name="面积", kind="number", at=clock.now())
    reply = han.client.get(f"/api/v1{IMPORTS}/template.xlsx", headers=han.headers)
    heading = [str(cell) for cell in sheets(reply.content)[0].rows[0]]
    assert (heading[:2], heading[-1]) == (["客户编码 Code", "客户名称 Name"], "面积")
    seen = previewed(han, a_workbook(客户=[heading, ["T1", "联华"]]))
    assert (seen["counts"]["created"], seen["ignored"]) == (1, [])


def test_two_imports_at_once_take_each_code_once(han, cast, work):
    """The portions of one alternate with those of the other, each comparing anew."""
    first, second = (previewed(han, customers(["A1", name], ["A2", name])) for name in ("甲", "乙"))
    apply(han, first)
    apply(han, second)
    work()
    told = [got(han, each["id"]) for each in (first, second)]
    assert sorted((each["rows_applied"], each["rows_outdated"]) for each in told) == [(0, 2), (2, 0)]
    assert Customer.objects.count() == 2


def test_the_system_uploads_nothing(cast):
    from backend.customers.services import imports

    with pytest.raises(Exception, match="forbidden"):
        imports.upload(actor=Actor.system(cast.company.pk), name="x", content=b"x", at=clock.now())
