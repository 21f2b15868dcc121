"""Departments and members, as seen by an app and by the contacts assistant."""

import time

import pytest

from tests.simulators import Simulator

BIG = {
    "corp_id": "ww-big",
    "name": "大公司",
    "apps": [{"agent_id": 1, "secret": "big-app"}],
    "contacts": {"secret": "big-contacts"},
    "generate": {"departments": 200, "members": 10_000},
}
TREE = {
    "corp_id": "ww-waiqin",
    "departments": [
        {"id": 1, "name": "外勤公司"},
        {"id": 2, "name": "销售部", "name_en": "Sales", "leaders": ["LiLei"]},
        {"id": 3, "name": "一组", "parentid": 2},
        {"id": 4, "name": "财务部"},
    ],
    "users": [
        {"user_id": "LiLei", "name": "李雷", "departments": [2, 4], "leader_of": [2], "mobile": "13900000001"},
        {"user_id": "hanmeimei", "name": "韩梅梅", "departments": [3], "direct_leader": ["LiLei"]},
        {"user_id": "wangfang", "name": "王芳", "departments": [4], "status": 2},
    ],
    "apps": [
        {"agent_id": 1000002, "secret": "all"},
        {"agent_id": 1000003, "secret": "sales", "visible_departments": [2]},
        {"agent_id": 1000004, "secret": "old", "personal_data": True},
    ],
    "contacts": {"secret": "ids"},
}


@pytest.fixture(autouse=True)
def _tree(platform: Simulator):
    platform.seed(TREE)


def ids(answer: dict, field: str = "department") -> list[int]:
    return [one["id"] for one in answer[field]]


def test_departments_with_details(wecom):
    answer = wecom("/cgi-bin/department/list", secret="all")
    assert answer["department"][1] == {
        "id": 2,
        "name": "销售部",
        "name_en": "Sales",
        "department_leader": ["LiLei"],
        "parentid": 1,
        "order": 0,
    }
    assert answer["department"][0]["parentid"] == 0
    assert ids(wecom("/cgi-bin/department/list", secret="all", id=2)) == [2, 3]
    assert ids(wecom("/cgi-bin/department/list", secret="sales")) == [2, 3]
    assert wecom("/cgi-bin/department/get", secret="sales", id=3)["department"]["name"] == "一组"


def test_the_assistant_gets_ids_but_no_details(platform: Simulator, wecom):
    assert ids(wecom("/cgi-bin/department/simplelist", secret="ids"), "department_id") == [1, 2, 3, 4]
    for path in ("department/list", "department/get?id=2", "user/get?userid=LiLei", "user/list?department_id=2"):
        assert wecom(f"/cgi-bin/{path}", secret="ids")["errcode"] == 48009
    platform.seed({**TREE, "contacts": {"secret": "ids", "known_ips": ["127.0.0.1"]}})
    assert wecom("/cgi-bin/user/get", secret="ids", userid="LiLei")["mobile"] == "13900000001"


@pytest.mark.parametrize(
    ("path", "secret", "errcode"),
    [
        ("department/get?id=9", "all", 60123),
        ("department/get?id=4", "sales", 60011),
        ("department/get?id=x", "all", 40058),
        ("department/list?id=9", "all", 60123),
        ("user/get", "all", 41009),
        ("user/get?userid=a|b", "all", 40003),
        ("user/get?userid=nobody", "all", 60111),
        ("user/get?userid=wangfang", "sales", 60011),
        ("user/list?department_id=9", "all", 60123),
        ("user/list?department_id=4", "sales", 60011),
        ("user/list", "all", 40058),
        ("user/simplelist?department_id=", "all", 40058),
    ],
)
def test_what_is_not_there_or_not_visible(wecom, path: str, secret: str, errcode: int):
    assert wecom(f"/cgi-bin/{path}", secret=secret)["errcode"] == errcode


def test_members_of_one_department_only(wecom):
    answer = wecom("/cgi-bin/user/list", secret="all", department_id=2)
    [li] = answer["userlist"]
    assert li["department"] == [2, 4]
    assert li["is_leader_in_dept"] == [1, 0]
    assert (li["main_department"], li["status"]) == (2, 1)
    assert "mobile" not in li
    names = wecom("/cgi-bin/user/simplelist", secret="all", department_id=4)["userlist"]
    assert [one["userid"] for one in names] == ["LiLei", "wangfang"]


def test_user_ids_ignore_case_and_come_back_as_written(wecom):
    assert wecom("/cgi-bin/user/get", secret="all", userid="lilei")["userid"] == "LiLei"
    assert wecom("/cgi-bin/user/get", secret="all", userid="HanMeimei")["direct_leader"] == ["LiLei"]
    assert wecom("/cgi-bin/user/get", secret="old", userid="LiLei")["mobile"] == "13900000001"


def test_ids_come_page_by_page_once_for_each_department(wecom):
    rows, cursor, pages = [], "", 0
    while True:
        answer = wecom("/cgi-bin/user/list_id", {"cursor": cursor, "limit": 3}, secret="ids")
        rows += [(row["userid"], row["department"]) for row in answer["dept_user"]]
        cursor, pages = answer["next_cursor"], pages + 1
        if not cursor:
            break
    assert rows == [("LiLei", 2), ("LiLei", 4), ("hanmeimei", 3), ("wangfang", 4)]
    assert pages == 2


@pytest.mark.parametrize("body", [{"limit": 0}, {"limit": 10_001}, {"limit": "5"}, {"cursor": "x"}, {"cursor": 7}])
def test_a_wrong_page_is_refused(wecom, body: dict):
    assert wecom("/cgi-bin/user/list_id", body, secret="ids")["errcode"] == 40058


def test_ids_are_for_the_assistant_only(wecom):
    assert wecom("/cgi-bin/user/list_id", {}, secret="all")["errcode"] == 48002


def test_ten_thousand_members_are_there_in_a_moment(platform: Simulator):
    began = time.monotonic()
    platform.seed(BIG)
    assert time.monotonic() - began < 5
    token = platform.call("/cgi-bin/gettoken?corpid=ww-big&corpsecret=big-contacts")["access_token"]
    rows, cursor = [], ""
    while cursor or not rows:
        answer = platform.call("/cgi-bin/user/list_id", {"cursor": cursor, "limit": 4000}, access_token=token)
        rows, cursor = rows + answer["dept_user"], answer["next_cursor"]
    assert len({row["userid"] for row in rows}) == 10_000
    assert len({row["department"] for row in rows}) == 200
    assert len(rows) == 10_200
