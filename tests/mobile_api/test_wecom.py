"""Whatever the platform does to us, our caller gets an answer he can act on, and never a 500 or a secret."""

from uuid import uuid4

import pytest

from backend.core.actor import Actor
from backend.wechat import transport
from backend.wechat.services import apps
from tests.simulators import wecom_simulator

PAGE = "https://waiqin.example.com/h5/"
GETTOKEN, TICKET = "/cgi-bin/gettoken", "/cgi-bin/get_jsapi_ticket"
SECRET = "s3cret"
OVERCOME = {
    "token refused": {"errcode": 40014},
    "token expired": {"errcode": 42001},
    "errcode in quotes": {"body": '{"errcode": "0", "ticket": "a-ticket-of-the-test", "expires_in": 7200}'},
    "unknown fields": {"body": '{"errcode": 0, "ticket": "a-ticket-of-the-test", "expires_in": 7200, "new": [1]}'},
    "another media type": {"body": '{"ticket": "a-ticket-of-the-test", "expires_in": 7200}'},
    "control characters": {
        "body": '{"errmsg": "a\x07b", "ticket": "a-ticket-of-the-test", "expires_in": 7200}',
        "headers": {"Content-Type": "application/json"},
    },
    "late": {"delay": 0.3},
}
PASSING = {
    "busy": {"errcode": -1},
    "too often": {"errcode": 45009},
    "500": {"status": 500},
    "502 page": {"status": 502, "html": True},
    "429": {"status": 429},
    "page": {"html": True},
    "cut off": {"body": '{"errcode": 0, "tick'},
    "empty": {"body": ""},
    "no object": {"body": "[]"},
    "nothing in it": {"body": '{"errcode": 0}'},
    "closed": {"close": True},
    "answer lost": {"after": True, "close": True},
    "too late": {"delay": 60},
}
FOR_A_PERSON = {
    "address not trusted": {"errcode": 60020},
    "wrong secret": {"errcode": 40001},
    "no permission": {"errcode": 48002},
    "elsewhere": {"status": 302, "headers": {"Location": "https://evil.example/"}},
    "unknown number": {"errcode": 999999},
}


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


def test_a_client_learns_the_doors_and_apps_by_the_companys_code(api, cast, app, django_assert_num_queries):
    system = Actor.system(cast.company.pk)
    apps.configure_app(actor=system, kind="wecom_contacts", platform_id="ww1", secret="of-the-contacts")
    with django_assert_num_queries(1):
        reply = api(None).get("/auth/doors", company="WaiQin")
    assert reply.json() == {
        "doors": ["password", "wecom", "wecom_mini_program"],
        "apps": [{"id": str(app.public_id), "kind": "wecom_app", "platform_id": "ww1", "agent_id": 7}],
    }
    assert asked(api, cast.li, app=reply.json()["apps"][0]["id"]).status_code == 200
    apps.configure_app(actor=system, kind="mini_program", platform_id="wx1", secret="of-the-mini-program")
    after = api(None).get("/auth/doors", company="waiqin").json()
    assert set(after["doors"]) == {"password", "wechat", "wecom", "wecom_mini_program"}
    assert "of-the-" not in str(after)


def test_a_company_without_an_app_and_none_at_all_look_alike(api, cast, app):
    without, unknown = (api(None).get("/auth/doors", company=code) for code in ("acme", "nobody"))
    assert without.json() == unknown.json() == {"doors": ["password"], "apps": []}
    assert api(None).get("/auth/doors", company="no/code").status_code == 422


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


@pytest.mark.parametrize("fault", OVERCOME.values(), ids=OVERCOME)
def test_what_can_be_overcome_is_not_noticed(api, cast, app, platform_process, fault):
    platform_process.faults({"path": TICKET, **fault})
    assert asked(api, cast.li, app=app.public_id).status_code == 200


@pytest.mark.parametrize("path", [GETTOKEN, TICKET])
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_is_said_to_pass(api, cast, app, platform_process, monkeypatch, path, fault):
    monkeypatch.setattr(transport, "READ_S", 0.3)
    platform_process.faults({"path": path, **fault})
    reply = asked(api, cast.li, app=app.public_id)
    after = "300" if fault.get("errcode") == 45009 else "5"
    assert (reply.status_code, reply.json()["code"], reply["Retry-After"]) == (503, "platform_unavailable", after)
    assert SECRET not in reply.content.decode()
    assert len(platform_process.requests(path)) == 1
    assert asked(api, cast.li, app=app.public_id).status_code == 200


@pytest.mark.parametrize("path", [GETTOKEN, TICKET])
@pytest.mark.parametrize("fault", FOR_A_PERSON.values(), ids=FOR_A_PERSON)
def test_what_a_person_must_mend_is_not_insisted_on(api, cast, app, platform_process, path, fault):
    platform_process.faults({"path": path, "count": None, **fault})
    replies = [asked(api, cast.li, app=app.public_id) for _ in range(3)]
    assert {(reply.status_code, reply.json()["code"]) for reply in replies} == {(503, "platform_unavailable")}
    assert len(platform_process.requests(path)) <= 3
    assert "errcode" not in replies[0].content.decode()


def test_a_token_that_is_refused_for_ever_ends_soon(api, cast, app, platform_process):
    platform_process.faults({"path": TICKET, "errcode": 40014, "count": None})
    assert asked(api, cast.li, app=app.public_id)["Retry-After"] == "300"
    assert [len(platform_process.requests(path)) for path in (TICKET, GETTOKEN)] == [2, 2]


def test_a_token_that_died_early_is_not_noticed(api, cast, app, platform_process):
    assert asked(api, cast.li, app=app.public_id).status_code == 200
    platform_process.revoke_tokens()
    platform_process.advance(7200)
    assert asked(api, cast.li, app=app.public_id).status_code == 200
