"""Whatever the platform does while it is asked: all of the answer is applied, or nothing."""

import json

import pytest

from backend.wechat.directory import reading
from backend.wechat.directory.snapshot import Inconsistent
from backend.wechat.errors import Configuration, PlatformError, RateLimited
from backend.wechat.models import App

LIST, IDS, NAMES, ONE = "/cgi-bin/user/list", "/cgi-bin/user/list_id", "/cgi-bin/department/list", "/cgi-bin/user/get"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: None)


@pytest.fixture
def refused(ours, platform):
    """`refused(fault…)`: the comparison fails, and nothing has changed; then it works."""

    def refused(*faults, error=PlatformError):
        before = ours.everything()
        platform.faults(*faults)
        with pytest.raises(error):
            ours.sync()
        assert ours.everything() == before
        platform.faults()
        ours.sync()

    return refused


@pytest.mark.parametrize("path", [LIST, IDS, NAMES, "/cgi-bin/department/simplelist"])
def test_a_call_that_stays_broken(refused, path):
    refused({"path": path, "count": None, "status": 502})


@pytest.mark.parametrize(
    "fault",
    [
        {"html": True},
        {"errcode": -1},
        {"close": True},
        {"body": '{"errcode": 0, "errmsg": "ok", "userl'},
        {"body": json.dumps({"errcode": 0, "errmsg": "ok"})},
        {"body": json.dumps({"errcode": 0, "userlist": {"userid": "x"}})},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_a_list_that_breaks_in_the_middle(refused, fault):
    refused({"path": LIST, "count": 0}, {"path": LIST, "count": None, **fault})


def test_a_list_that_is_empty_although_there_is_somebody(refused):
    empty = json.dumps({"errcode": 0, "errmsg": "ok", "userlist": []})
    refused({"path": LIST, "count": None, "body": empty}, error=Inconsistent)


def test_a_page_lost_in_the_middle(refused, monkeypatch):
    monkeypatch.setattr(reading, "PAGE", 2)
    cut = json.dumps({"errcode": 0, "errmsg": "ok", "next_cursor": ""})
    refused({"path": IDS, "count": 1, "body": cut}, error=Inconsistent)


def test_a_cursor_that_goes_round(refused):
    page = {"errcode": 0, "errmsg": "ok", "next_cursor": "again", "dept_user": [{"userid": "LiLei", "department": 3}]}
    refused({"path": IDS, "count": None, "body": json.dumps(page)}, error=Inconsistent)


def test_departments_in_a_circle(refused):
    rows = [{"id": 2, "name": "a", "parentid": 3}, {"id": 3, "name": "b", "parentid": 2}]
    tree = json.dumps({"errcode": 0, "department": rows})
    refused({"path": NAMES, "body": tree}, error=Inconsistent)


def test_a_spent_allowance_is_not_asked_again(ours, platform):
    platform.faults({"path": LIST, "count": None, "errcode": 45009})
    with pytest.raises(RateLimited):
        ours.sync()
    assert len(platform.requests(LIST)) == 1


@pytest.mark.parametrize("fault", [{"errcode": -1}, {"status": 502}, {"errcode": 42001}, {"html": True}])
def test_what_is_over_in_a_moment_stops_nothing(ours, platform, fault):
    platform.faults({"path": LIST, **fault}, {"path": IDS, **fault})
    assert ours.sync()["hired"] == 4


def test_somebody_a_list_left_out_is_asked_for_before_he_is_dismissed(ours, platform):
    ours.sync()
    without = [{"userid": "WangWu", "name": "王五", "department": [3, 4], "main_department": 4, "status": 1}]
    part = json.dumps({"errcode": 0, "errmsg": "ok", "userlist": without})
    platform.faults({"path": LIST, "count": None, "body": part})
    assert ours.sync() == {}
    assert len(platform.requests(ONE)) == 3
    assert ours.person("LiLei").is_active


def test_the_assistant_alone_may_read_ids_only_and_says_so(ours):
    App.objects.filter(kind=App.Kind.WECOM_APP).update(platform_id="elsewhere")
    before = ours.everything()
    with pytest.raises(Configuration, match="application that everybody is visible to"):
        ours.sync()
    assert ours.everything() == before


def test_without_any_app_it_says_so(ours):
    App.objects.update(platform_id="elsewhere")
    with pytest.raises(Configuration, match="no WeCom app of this corporation"):
        ours.sync()


def test_strange_members_are_left_out_and_strange_names_cleaned(ours, theirs):
    theirs.user("ok", name="名\u0007字" + "长" * 80)
    platform_list = {"userid": "@all", "name": "x", "department": [3], "status": 1}
    theirs.seed["users"].append({"user_id": "a b", "name": "x", "departments": [3]})
    theirs.tell()
    assert ours.sync()["hired"] == 5
    assert ours.person("ok").name == ("名字" + "长" * 80)[:64]
    assert platform_list["userid"] not in set(ours.directory.members.values_list("user_id", flat=True))
