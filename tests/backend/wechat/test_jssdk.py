from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.wechat import jssdk, tickets
from backend.wechat.errors import PlatformUnavailable
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.backend.wechat.conftest import CORP, SECRET
from tests.simulators import Simulator

TICKET, AGENT_TICKET = "/cgi-bin/get_jsapi_ticket", "/cgi-bin/ticket/get"
ACCOUNT_TICKET = "/cgi-bin/ticket/getticket"
PAGE = "https://waiqin.example.com/h5/?from=wecom"


@pytest.fixture(autouse=True)
def _host(settings):
    settings.PUBLIC_URL = "https://waiqin.example.com"


@pytest.fixture(autouse=True)
def _trusted(platform: Simulator):
    """The corporation trusts our host, port and all."""
    apps_with_domain = [one | {"trusted_domains": ["waiqin.example.com"]} for one in CORP["apps"]]
    platform.seed(CORP | {"apps": apps_with_domain})


def accepted(platform: Simulator, signature: jssdk.Signature, kind: str, **whose: object) -> int:
    """What wx.config (`corp`, `account`) or wx.agentConfig (`agent`) in the client says to it; 0 is yes."""
    page = {"url": PAGE, "timestamp": signature.timestamp, "nonce": signature.nonce, "signature": signature.signature}
    return platform.call("/__sim/check_signature", {"kind": kind, **page, **whose})["errcode"]


def test_the_documents_own_example():
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    signature = jssdk.signed(
        ticket, "http://mp.weixin.qq.com?params=value", timestamp=1414587457, nonce="Wm3WZYTPz0wzccnW"
    )
    assert signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_the_fragment_is_not_signed():
    assert jssdk.trusted(f"{PAGE}#/approvals/1") == PAGE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/h5/",
        "http://waiqin.example.com/h5/",
        "https://waiqin.example.com:8443/h5/",
        "https://waiqin.example.com.evil.example/",
        "https://waiqin.example.com@evil.example/",
        "https://evil.example/?https://waiqin.example.com/",
        "https://waiqin.example.com\\@evil.example/",
        "https://waiqin.example.com/\n",
        "https://waiqin.example.com/外勤",
        "https://[waiqin.example.com/",
        f"https://waiqin.example.com/{'x' * 2048}",
    ],
)
def test_only_pages_of_our_own_host_are_signed(url: str):
    with pytest.raises(jssdk.UrlNotTrusted):
        jssdk.trusted(url)


def made(app: App, url: str = PAGE) -> jssdk.Signatures:
    return jssdk.signatures(actor=Actor.system(app.company_id), public_id=app.public_id, url=url, at=clock.now())


def test_the_client_takes_both_signatures(platform: Simulator, app: App):
    page = made(app, f"{PAGE}#/x")
    assert accepted(platform, page.config, "corp", agent_id=1000002) == 0
    assert accepted(platform, page.agent_config, "agent", agent_id=1000002) == 0
    made(app)
    assert [len(platform.requests(path)) for path in (TICKET, AGENT_TICKET)] == [1, 1]


def test_two_apps_share_the_corporations_ticket_and_nothing_else(platform: Simulator, app: App, configured):
    ours, other = made(app), made(configured(agent_id=1000003, secret="another-secret"))
    assert accepted(platform, other.config, "corp", agent_id=1000002) == 0
    assert accepted(platform, other.agent_config, "agent", agent_id=1000003) == 0
    assert accepted(platform, ours.agent_config, "agent", agent_id=1000003) == 42012
    assert [len(platform.requests(path)) for path in (TICKET, AGENT_TICKET)] == [1, 2]


def test_a_ticket_is_fetched_anew_before_its_end(platform: Simulator, app: App):
    tickets.agent(app)
    with time_machine.travel(clock.now() + timedelta(seconds=7200 - 299), tick=False):
        tickets.agent(app)
    assert len(platform.requests(AGENT_TICKET)) == 2


def test_an_official_account_has_a_ticket_of_its_own(platform: Simulator, settings, app: App):
    settings.WECHAT_API_BASE = platform.url
    platform.seed(
        accounts=[
            {
                "app_id": "wx-oa",
                "kind": "official_account",
                "secret": SECRET,
                "trusted_domains": ["waiqin.example.com"],
            }
        ]
    )
    account = apps.configure_app(
        actor=Actor.system(app.company_id), kind="official_account", platform_id="wx-oa", secret=SECRET
    )
    page = made(account)
    assert page.agent_config is None
    assert accepted(platform, page.config, "account", app_id="wx-oa") == 0
    [request] = platform.requests(ACCOUNT_TICKET)
    assert request["query"]["type"] == "jsapi"


def test_the_corporation_stands_in_the_answer(platform: Simulator, app: App):
    assert made(app).app.platform_id == CORP["corp_id"]


def test_a_platform_that_gives_no_ticket_is_unavailable(platform: Simulator, app: App, caplog):
    platform.faults({"path": TICKET, "errcode": 60020, "errmsg": "not allow", "count": None})
    with pytest.raises(PlatformUnavailable):
        made(app)
    assert "60020" in caplog.text


def test_nothing_is_signed_for_another_company_or_kind(platform: Simulator, app: App, configured):
    stranger = Actor.system(uuid4())
    assistant = configured(kind="wecom_contacts", agent_id=None)
    for actor, one in ((stranger, app), (Actor.system(app.company_id), assistant)):
        with pytest.raises(NotFound):
            jssdk.signatures(actor=actor, public_id=one.public_id, url=PAGE, at=clock.now())
    assert platform.requests() == []
