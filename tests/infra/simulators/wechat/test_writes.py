"""The contacts assistant changes the directory by itself: seen by every call, and told to nobody."""

import pytest

from tests.infra.simulators.wechat.conftest import Listener
from tests.simulators import Simulator

ASSISTANT = "contacts-secret"
NEW = {"userid": "NewOne", "name": "新人", "department": [1], "mobile": "13900000009", "is_leader_in_dept": [1]}


@pytest.fixture
def write(wecom):
    return lambda path, body=None, **query: wecom(f"/cgi-bin/{path}", body, secret=ASSISTANT, **query)


def test_a_member_and_his_department_from_first_to_last(platform: Simulator, told: Listener, wecom, write):
    made = write("department/create", {"name": "南区", "parentid": 1, "id": 9})
    assert (made["errcode"], made["id"]) == (0, 9)
    assert write("user/create", NEW)["errcode"] == 0
    assert write("user/update", {"userid": "newone", "name": "改名", "department": [9], "enable": 0})["errcode"] == 0
    seen = wecom("/cgi-bin/user/get", userid="NewOne", secret="another-secret")
    assert (seen["name"], seen["department"], seen["status"]) == ("改名", [9], 2)
    assert write("department/delete", id=9)["errcode"] == 60005
    assert write("user/delete", userid="NewOne")["errcode"] == 0
    assert write("department/update", {"id": 9, "name": "南方"})["errcode"] == 0
    assert write("department/delete", id=9)["errcode"] == 0
    assert wecom("/cgi-bin/user/get", userid="NewOne", secret="another-secret")["errcode"] == 60111
    assert told.received == []


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("user/create", NEW | {"userid": "LILEI"}, 60102),
        ("user/create", NEW | {"mobile": "13900000001"}, 60104),
        ("user/create", NEW | {"department": [77]}, 60123),
        ("user/create", NEW | {"userid": "李雷"}, 40003),
        ("user/create", NEW | {"name": ""}, 40058),
        ("user/create", NEW | {"is_leader_in_dept": [1, 0]}, 40058),
        ("user/update", {"userid": "nobody"}, 60111),
        ("department/create", {"name": "x", "parentid": 77}, 60004),
        ("department/create", {"name": "x", "parentid": 1, "id": 2}, 60008),
        ("user/create", NEW | {"department": [[1]]}, 60123),
        ("user/create", NEW | {"main_department": "1"}, 60123),
        ("department/create", {"name": "x"}, 60004),
        ("department/create", {"name": "x", "parentid": [1]}, 40058),
        ("department/update", {"id": 77}, 60123),
        ("department/update", {"id": 1, "parentid": 77}, 60004),
    ],
)
def test_what_cannot_be_is_refused_by_its_number(platform: Simulator, write, path: str, body: dict, errcode: int):
    assert write(path, body)["errcode"] == errcode


def test_only_the_assistant_writes(platform: Simulator, wecom):
    assert wecom("/cgi-bin/user/create", NEW)["errcode"] == 48002
    assert wecom("/cgi-bin/department/delete", id=2)["errcode"] == 48002
