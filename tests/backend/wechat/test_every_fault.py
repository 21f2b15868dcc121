"""Every fault the stand-in knows by name, against each kind of call of ours: the exact class of error, or none."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.core.actor import Actor
from backend.wechat import mini_program, transport, wecom
from backend.wechat.errors import PlatformError
from backend.wechat.models import App
from backend.wechat.services import apps
from infra.simulators.wechat.faults import NAMED
from tests.backend.wechat.conftest import CORP
from tests.simulators import Simulator

JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)
OK = "ok"
MINI = "wx-waiqin"

EVERYWHERE = {
    "busy": "Transient",
    "rate_limited": "RateLimited",
    "token_expired": OK,
    "token_invalid": OK,
    "credential_invalid": "Configuration",
    "address_not_trusted": "Configuration",
    "http_500": "Transient",
    "http_502": "Transient",
    "http_429": "Transient",
    "html": "Transient",
    "wrong_content_type": OK,
    "empty_body": "Transient",
    "truncated": "Unanswered",
    "trickle": "Unanswered",
    "closed": "Unanswered",
    "reset": "Unanswered",
    "answer_lost": "Unanswered",
    "slow_before": "Unanswered",
    "slow_after": "Unanswered",
    "invalid_utf8": "Transient",
    "control_characters": OK,
    "not_an_object": "Transient",
    "errcode_as_text": OK,
    "extra_fields": OK,
}
OF_LISTS = {"empty_userlist", "empty_pages", "cursor_loop"}
"""Spoil whole directories only: `directory/test_faults.py` has them."""
NOT_SO: dict[str, dict[str, str]] = {
    "upload": {"control_characters": "Transient"},
    "member": {"control_characters": "Transient"},
    "login": {  # it has no token that could be renewed
        "token_expired": "TokenRefused",
        "token_invalid": "TokenRefused",
        "control_characters": "Transient",
    },
    "download": {"wrong_content_type": "Transient", "control_characters": "Transient"},
}
"""Where an answer that is good in itself holds nothing of what was asked for."""


@pytest.fixture
def calls(platform: Simulator, app: App, settings) -> dict[str, tuple[str, Callable[[], Any]]]:
    """{what we do: (the path on which it ends, the doing)}, each with a good token."""
    settings.WECHAT_API_BASE = platform.url
    linked, other = CORP["apps"][0] | {"mini_programs": [MINI]}, CORP["apps"][1]
    account = {"app_id": MINI, "kind": "mini_program", "secret": "s"}
    platform.seed(
        CORP | {"apps": [linked, other]}, accounts=[account], people=[{"name": "李雷", "phone": "13800000000"}]
    )
    mini = apps.configure_app(actor=Actor.system(app.company_id), kind="mini_program", platform_id=MINI, secret="s")
    client, phone = wecom.client_for(app), mini_program.client_for(mini)
    number, file = iter(range(10_000)), client.upload_media("image", "a.jpg", JPEG)
    at = {"corp_id": "ww-waiqin", "agent_id": 1000002}
    return {
        "message": (
            "/cgi-bin/message/send",
            lambda: client.send_text(["LiLei"], "您好", dedupe_key=str(next(number))),
        ),
        "upload": ("/cgi-bin/media/upload", lambda: client.upload_media("image", "a.jpg", JPEG)),
        "download": ("/cgi-bin/media/get", lambda: client.download_media(file)),
        "member": (
            "/cgi-bin/auth/getuserinfo",
            lambda: client.member_of_code(platform.issue_code("oauth", "LiLei", **at)),
        ),
        "login": (
            "/sns/jscode2session",
            lambda: phone.identity_of_code(platform.issue_code("mini_program", "李雷", app_id=MINI)),
        ),
    }


def met(call: Callable[[], Any]) -> str:
    try:
        call()
    except PlatformError as error:
        return type(error).__name__
    return OK


@pytest.mark.parametrize("what", ["message", "upload", "download", "member", "login"])
def test_each_named_fault_leads_to_its_class(platform: Simulator, calls, monkeypatch, what: str):
    monkeypatch.setattr(transport, "READ_S", 0.3)
    monkeypatch.setattr(transport, "DEADLINE_S", 0.5)
    monkeypatch.setattr(transport, "DOWNLOAD_S", 0.5)
    path, call = calls[what]
    call()
    found = {}
    for name in EVERYWHERE:
        platform.faults({"path": path, "name": name})
        found[name] = met(call)
        platform.faults()
    assert found == EVERYWHERE | NOT_SO.get(what, {})
    assert call(), "none of them outlives itself"


def test_no_named_fault_is_without_its_class():
    assert NAMED.keys() == EVERYWHERE.keys() | OF_LISTS
