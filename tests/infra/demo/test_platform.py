"""The demo's platform: apps of every kind, whose callbacks arrive at the real server."""

import json
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from backend.wechat.models import App
from infra.demo import cast as demo_cast
from infra.demo import platform
from infra.demo.own import read_own
from infra.demo.seeding import seed
from tests.infra.demo.test_seeding import NOW
from tests.simulators import wecom_simulator

DEMO = [("demo", "北风贸易", read_own("demo")), ("acme", "甲公司", read_own("acme"))]
BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "t-1",
    "main_title": {"title": "待您审批"},
    "button_list": [{"text": "同意", "key": "approve"}],
}


def test_our_server_answers_the_stand_in(transactional_db, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    with wecom_simulator() as stand_in:
        settings.WECOM_API_BASE = stand_in.url
        told = seed(DEMO, at=NOW).platform
        corp_id = told["corps"][0]["corp_id"]
        with suppress(HTTPError):  # a first request loads half the server, which is not what has one second
            urlopen(told["accounts"][0]["callback_url"], timeout=30)
        for of in ({"corp_id": corp_id, "agent_id": 1000002}, {"corp_id": corp_id, "agent_id": None}):
            assert stand_in.verify_url(**of)["ok"]
            assert not stand_in.verify_url(**of, forged=True)["ok"]
        for account in told["accounts"]:
            assert stand_in.verify_url(app_id=account["app_id"])["ok"]
        app = App.objects.get(kind=App.Kind.WECOM_APP)
        token = stand_in.call(f"/cgi-bin/gettoken?corpid={corp_id}&corpsecret={app.secret}")["access_token"]
        card = {"touser": "LiLei", "agentid": 1000002, "msgtype": "template_card", "template_card": BUTTONS}
        assert stand_in.call("/cgi-bin/message/send", card, access_token=token)["errcode"] == 0
        assert [one["outcome"] for one in stand_in.click("LiLei", "t-1", "approve")] == ["ok"]
        moved = {"user_id": "LiLei", "departments": [4]}
        assert [one["outcome"] for one in stand_in.contact_event("update_user", moved)] == ["ok"]


@pytest.mark.django_db
def test_apps_are_entered_once_and_of_every_kind(settings):
    settings.PUBLIC_URL = "https://crm.example.com"
    first = seed(DEMO, at=NOW).platform
    before = list(App.objects.order_by("pk").values())
    assert seed(DEMO, at=NOW).platform == first
    assert list(App.objects.order_by("pk").values()) == before  # entering one anew would encrypt its secret anew
    assert {app["kind"] for app in before} == set(App.Kind)
    (corp,) = first["corps"]
    assert corp["apps"][0]["trusted_domains"] == ["crm.example.com"]
    addresses = [part["callback_url"] for part in (*corp["apps"], corp["contacts"], *first["accounts"])]
    assert sorted(url.rpartition("/")[2] for url in addresses) == sorted(str(app["public_id"]) for app in before)
    assert {member.wecom for member in demo_cast.EVERYBODY if member.wecom} == {u["user_id"] for u in corp["users"]}


def test_what_the_stand_in_starts_with_is_for_its_owner_alone(tmp_path):
    platform.write({"corps": [], "people": [{"name": "李雷"}]}, tmp_path / "run")
    file = tmp_path / "run" / platform.NAME
    assert json.loads(file.read_text("utf-8"))["people"] == [{"name": "李雷"}]
    assert file.stat().st_mode & 0o077 == 0
