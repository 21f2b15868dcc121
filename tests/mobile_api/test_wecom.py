from uuid import uuid4

import pytest

from backend.core.actor import Actor
from backend.wechat.services import apps
from tests.simulators import wecom_simulator

PAGE = "https://waiqin.example.com/h5/"


@pytest.fixture(scope="module")
def platform_process():
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def app(cast, platform_process, settings):
    settings.WECOM_API_BASE, settings.PUBLIC_URL = platform_process.url, "https://waiqin.example.com"
    platform_process.reset()
    platform_process.seed({"corp_id": "ww1", "apps": [{"agent_id": 7, "secret": "s3cret"}]})
    system = Actor.system(cast.company.pk)
    return apps.configure_app(actor=system, kind="wecom_app", platform_id="ww1", agent_id=7, secret="s3cret")


def asked(api, person, **query):
    return api(person).get("/wecom/js-sdk-signature", **{"url": PAGE} | query)


def test_a_page_of_ours_is_signed(api, cast, app):
    reply = asked(api, cast.li, app=app.public_id)
    assert reply.status_code == 200
    body = reply.json()
    assert (body["platform_id"], body["agent_id"]) == ("ww1", 7)
    assert {len(body[name]["signature"]) for name in ("config", "agent_config")} == {40}


def test_another_company_and_an_unknown_app_look_the_same(api, cast, app, platform_process):
    assert asked(api, cast.sun, app=app.public_id).json()["code"] == "not_found"
    assert asked(api, cast.li, app=uuid4()).json()["code"] == "not_found"
    assert platform_process.requests() == []


def test_a_strange_page_is_not_signed(api, cast, app, platform_process):
    reply = asked(api, cast.li, app=app.public_id, url="https://evil.example/")
    assert (reply.status_code, reply.json()["code"]) == (422, "url_not_trusted")
    assert platform_process.requests() == []


def test_a_platform_in_trouble_is_said_so_without_its_secrets(api, cast, app, platform_process):
    platform_process.faults({"path": "*", "status": 502, "html": True, "count": None})
    reply = asked(api, cast.li, app=app.public_id)
    assert (reply.status_code, reply.json()["code"], reply["Retry-After"]) == (503, "platform_unavailable", "5")
    assert "gettoken" not in reply.content.decode()
