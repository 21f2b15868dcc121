"""Visits as a workbook, by the house's job: what the reader sees, and nothing exact about places."""

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.clock import today_in
from backend.directory.models import Role
from backend.visits import exporting
from backend.visits.models import Visit
from backend.visits.selectors.feed import feed
from tests.support.exports import asked, opened
from tests.support.visits import SHOP, checked_in, recorded, refused

pytestmark = pytest.mark.usefixtures("media_root")


def made(caller, metres=0.0, **customer):
    visit = checked_in(caller, metres, **customer)
    assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
    return visit["id"]


@pytest.fixture
def period(cast):
    today = today_in(cast.company.timezone, clock.now())
    return {"first": str(today - timedelta(days=1)), "last": str(today)}


def test_a_manager_takes_out_what_the_feed_shows_her(api, cast, period, work):
    li, han = api(cast.li), api(cast.han)
    visit, far = made(li, name="=1+1", level="A"), made(li, 3000)
    made(api(cast.zhao))
    li.post(f"/visits/{visit}/summary", {"summary": "=HYPERLINK(1)", "next_step": "送样", "next_on": "2026-12-01"})
    li.post(f"/visits/{visit}/companions", {"employee_ids": [str(cast.zhao.pk)]})
    han.post(f"/visits/{visit}/like")
    han.post(f"/visits/{far}/review", {"decision": "rejected", "reason": "不在门店"})

    told = asked(han, period, of="visits")
    work()
    doubtful, fine = opened(han, told["id"])

    assert (fine["客户 Customer"], fine["小结 Summary"], fine["客户等级 Customer level"]) == (
        "=1+1",
        "=HYPERLINK(1)",
        "A",
    )
    assert (fine["工号 Number"], fine["拜访人 Visitor"], fine["部门 Department"]) == ("1002", "李雷", "上海组")
    assert (fine["核实结果 Verdict"], fine["签退方式 Closed by"]) == ("已核实 / verified", "本人签退 / checked out")
    assert (fine["同访人 Co-visitors"], fine["已阅人 Read by"], fine["点赞数 Likes"]) == ("赵强", "韩梅梅", "1.0")
    assert fine["日期 Date"] == period["last"]
    assert fine["下次日期 Next date"] == "2026-12-01"
    assert (doubtful["审核 Decision"], doubtful["审核人 Decided by"]) == ("不认可 / rejected", "韩梅梅")
    assert doubtful["审核理由 Reason of the decision"] == "不在门店"
    assert "not near the customer" in doubtful["原因 Reasons"]
    assert (fine["纬度（约 1 公里） Latitude (to 1 km)"], str(SHOP["lat"]) in str(fine)) == ("31.23", False)
    assert recorded("visit.positions_read") == 0
    assert han.get(f"/exports/{told['id']}").json()["rows_total"] == 2


def test_filters_rights_and_the_longest_period(api, cast, period, work):
    li, han = api(cast.li), api(cast.han)
    made(li), made(li, 3000), made(han)
    wanted = [{"verdict": "suspect"}, {"owner": str(cast.li.pk)}, {"department": str(cast.shanghai.pk)}]
    ids = [asked(han, period | filters, of="visits")["id"] for filters in wanted]
    work()
    assert [len(opened(han, each)) for each in ids] == [1, 2, 2]

    sent = {"id": str(uuid4()), "filters": period}
    assert [han.post("/visits/exports", sent).status_code for _ in range(2)] == [202, 200]
    for first, last in (("2025-01-01", "2026-01-02"), ("2026-01-02", "2026-01-01")):
        reply = han.post("/visits/exports", {"filters": {"first": first, "last": last}})
        assert refused(reply, 422, "too_much_at_once")
    assert refused(li.post("/visits/exports", {"filters": period}), 403, "forbidden")
    role = Role.objects.get(company=cast.company, code="manager")
    role.capabilities = [name for name in role.capabilities if name != "customer.read"]
    actor = cast.actor(cast.han)
    role.save()
    assert len(exporting.VISITS.columns(cast.actor(cast.han), {})) == len(exporting.VISITS.columns(actor, {})) - 3


def test_of_a_customer_that_the_reader_does_not_see_only_the_name_is_told(api, cast, period, work):
    told = {"code": "KA-9", "level": "A", "type": "超市"}
    made(api(cast.li), name="看得见", **told)
    hidden = Visit.objects.get(pk=made(api(cast.li), name="看不见", **told | {"code": "KA-10"})).customer
    hidden.change(owner=cast.zhao, department=cast.north)
    han = api(cast.han)
    assert refused(han.get(f"/customers/{hidden.pk}"), 404, "not_found")

    export = asked(han, period, of="visits")
    work()
    columns = ("客户 Customer", "客户编码 Customer code", "客户等级 Customer level", "客户类型 Customer type")
    assert [tuple(row[one] for one in columns) for row in opened(han, export["id"])] == [
        ("看不见", "", "", ""),
        ("看得见", "KA-9", "A", "超市"),
    ]

    def levels(**query):
        days = {"from": period["first"], "to": period["last"]}
        return {one["key"]: one["visits"] for one in han.get("/visits/statistics", **days, **query).json()["items"]}

    assert (levels(by="level"), levels(by="type")) == ({"A": 1, "": 1}, {"超市": 1, "": 1})
    assert (levels(level="A"), levels(level="")) == ({str(cast.li.pk): 1}, {str(cast.li.pk): 1})


def test_portions_are_the_whole_feed_in_its_order(api, cast, period, monkeypatch, django_assert_max_num_queries):
    visit = Visit.objects.get(pk=made(api(cast.li)))
    columns = {f.attname: getattr(visit, f.attname) for f in Visit._meta.concrete_fields if f.name != "id"}
    Visit.objects.bulk_create(Visit(**columns | {"summary": str(number)}) for number in range(24))
    actor = cast.actor(cast.han)
    monkeypatch.setattr(exporting, "AT_ONCE", 5)
    with django_assert_max_num_queries(33):  # five for each portion, and the time zone
        portions = list(exporting.VISITS.portions(actor, period, ["summary"]))
    assert [len(portion) for portion in portions] == [5] * 5
    shown = [card.summary for card in feed(actor=actor, limit=100, at=clock.now())]
    assert [row for portion in portions for (row,) in portion] == shown
    assert exporting.VISITS.count(actor, period) == 25
