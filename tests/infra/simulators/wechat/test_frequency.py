"""Whoever calls too often is not heard for as long as the limit he broke is measured in."""

import pytest

from tests.infra.simulators.wechat.conftest import GETTOKEN
from tests.simulators import Simulator

IDS, DETAILS = "/cgi-bin/department/simplelist", "/cgi-bin/department/list"
USERINFO, SEND = "/cgi-bin/auth/getuserinfo", "/cgi-bin/message/send"
TEXT = {"touser": "LiLei", "agentid": 1000002, "msgtype": "text", "text": {"content": "您好"}}


def answers(wecom, path: str, times: int, **more: object) -> list[int]:
    return [wecom(path, **more)["errcode"] for _ in range(times)]


def test_a_corporation_for_one_path_at_a_time(platform: Simulator, wecom):
    platform.seed(frequency={"corp": [[60, 3], [3600, 5]]})
    assert answers(wecom, IDS, 4) == [0, 0, 0, 45009]
    assert answers(wecom, DETAILS, 1) == [0], "another path has an allowance of its own"
    assert answers(wecom, IDS, 1, secret="another-secret") == [45009], "another app of the corporation has not"
    platform.advance(59)
    assert answers(wecom, IDS, 1) == [45009]
    platform.advance(2)
    assert answers(wecom, IDS, 3) == [0, 0, 45009], "now the hour's is spent"
    platform.advance(3599)
    assert answers(wecom, IDS, 1) == [45009]
    platform.advance(61)
    assert answers(wecom, IDS, 3) == [0, 0, 0]


def test_an_address_whoever_calls_from_it(platform: Simulator):
    platform.seed(frequency={"address": [[60, 2]]})
    other = GETTOKEN.replace("ww-waiqin", "ww-none")
    assert [platform.call(path)["errcode"] for path in (GETTOKEN, other, GETTOKEN)] == [0, 40013, 45009]
    platform.advance(61)
    assert platform.call(GETTOKEN)["errcode"] == 0


def test_a_good_code_is_always_heard(platform: Simulator, wecom):
    wecom(IDS)
    platform.seed(frequency={"corp": [[60, 1]]})
    assert answers(wecom, USERINFO, 2, code="invented") == [40029, 45009]
    code = platform.issue_code("oauth", "LiLei", corp_id="ww-waiqin", agent_id=1000002)
    assert [wecom(USERINFO, code=code)["errcode"] for _ in range(2)] == [0, 45009]


def test_an_app_writes_so_many_messages_a_day_for_each_account(platform: Simulator, wecom):
    """Three members: six messages, of which one to two receivers counts twice."""
    platform.seed(frequency={"messages_per_account": 2})
    two = TEXT | {"touser": "LiLei|hanmeimei"}
    assert [wecom(SEND, two)["errcode"] for _ in range(4)] == [0, 0, 0, 45009]
    assert len(platform.messages()) == 6
    assert wecom(SEND, TEXT | {"agentid": 1000003}, secret="another-secret")["errcode"] == 0
    platform.advance(86_400)
    token = platform.call(GETTOKEN)["access_token"]
    assert platform.call(SEND, two, access_token=token)["errcode"] == 0


@pytest.mark.parametrize("wrong", [{"month": [[1, 1]]}, [1]])
def test_a_limit_that_is_none_is_refused(platform: Simulator, wrong: object):
    assert "frequency has" in platform.call("/__sim/seed", {"frequency": wrong})["error"]
