"""A platform that does not answer: people wait seconds at most, then not at all, and nobody waits for them."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection
from prometheus_client import REGISTRY

from backend.core.actor import Actor
from backend.directory.models import Session, Throttle
from backend.directory.services import bindings
from backend.wechat import circuit, locks, patience, transport, wecom, wire
from backend.wechat.errors import Unanswered
from backend.wechat.models import App, LoginCode, PlatformToken
from tests.simulators import wecom_simulator
from tests.support.cast import PASSWORD, Cast, make_cast
from tests.support.client import Caller, access_token
from tests.support.doors import MINI, Phone, code_of, enter_apps, open_platform
from tests.support.processes import eventually
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
SESSION, GETTOKEN, TICKET = "/sns/jscode2session", "/cgi-bin/gettoken", "/cgi-bin/get_jsapi_ticket"
SILENT = {"path": "*", "delay": 60, "count": None}
PERSON_S = 0.6
PATIENT_S = 4
"""What a loaded machine may take for the rest; every wait would be far longer without a bound."""


@pytest.fixture(scope="module")
def platform_process():
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def office(platform_process, settings, monkeypatch) -> tuple[Cast, Phone]:
    """Li Lei is bound, and people have less patience than in life."""
    monkeypatch.setattr(patience, "PERSON_S", PERSON_S)
    monkeypatch.setattr(circuit, "LATE_S", PERSON_S / 3)
    settings.PUBLIC_URL = "https://waiqin.example.com"
    open_platform(platform_process, settings)
    cast = make_cast()
    enter_apps(cast)
    openid = platform_process.issue("mini_program", "李雷", app_id=MINI)["openid"]
    known = bindings.Subject(cast.company.pk, "wechat", MINI, openid)
    bindings.bind(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, subject=known, how="directory")
    return cast, Phone(platform_process)


@contextmanager
def lasting(least: float, most: float):
    began = time.monotonic()
    yield
    assert least <= time.monotonic() - began < most


def password(phone: Phone):
    body = {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": phone.device}
    return Caller(None).post("/auth/password", body)


def figure(name: str, platform: str = "wechat") -> float:
    return REGISTRY.get_sample_value(f"waiqin_platform_{name}", {"platform": platform}) or 0.0


def refused_at_once(reply) -> bool:
    return code_of(reply) == (503, "platform_unavailable")


@pytest.mark.parametrize("fault", [{"delay": 60}, {"trickle": 0.05}], ids=["silence", "a byte now and then"])
def test_a_person_waits_so_long_for_all_calls_together(office, fault):
    """A login by WeCom takes two calls; each of them alone might have the whole time."""
    _, phone = office
    brought = phone.authorize()
    phone.platform.faults(
        {"path": GETTOKEN, "delay": PERSON_S * 0.6}, {"path": "/cgi-bin/auth/getuserinfo", "count": None, **fault}
    )
    with lasting(PERSON_S * 0.9, PERSON_S + PATIENT_S):
        assert code_of(phone.wecom(brought)) == (503, "login_unanswered")


def test_after_three_silences_people_are_told_at_once_and_keep_their_codes(office, monkeypatch):
    _, phone = office
    phone.platform.faults(SILENT)
    for _ in range(circuit.OPENS_AFTER):
        assert code_of(phone.wechat(phone.mini_code())) == (503, "login_unanswered")
    code, refused = phone.mini_code(), figure("refused_total")
    reply = phone.wechat(code)
    assert refused_at_once(reply)
    assert 0 < int(reply["Retry-After"]) <= circuit.OPEN_S
    assert "请稍后" in reply.json()["detail"]
    assert (figure("circuit_open"), figure("refused_total")) == (1, refused + 1)
    assert len(phone.platform.requests(SESSION)) == circuit.OPENS_AFTER
    assert LoginCode.objects.count() == circuit.OPENS_AFTER
    assert not Throttle.objects.filter(failures__gt=0, key__startswith="address").exists(), "it was nobody's fault"

    phone.platform.faults()
    assert refused_at_once(phone.wechat(code)), "not before its time"
    circuit.of(transport.WECHAT)._open_until = time.monotonic()
    assert phone.wechat(code).status_code == 200
    assert figure("circuit_open") == 0
    assert phone.wechat(phone.mini_code()).status_code == 200


def test_only_one_tries_whether_it_is_over(office):
    _, phone = office
    phone.platform.faults(SILENT)
    for _ in range(circuit.OPENS_AFTER):
        phone.wechat(phone.mini_code())
    circuit.of(transport.WECHAT)._open_until = time.monotonic()
    codes = [phone.mini_code() for _ in range(5)]
    replies = together(5, lambda i: phone.wechat(codes[i]))
    assert sorted(reply.json()["code"] for reply in replies) == ["login_unanswered"] + ["platform_unavailable"] * 4
    assert refused_at_once(phone.wechat(codes[0])), "the try was in vain: open again"
    assert len(phone.platform.requests(SESSION)) == circuit.OPENS_AFTER + 1


def test_before_that_is_known_a_thread_is_left_for_those_who_need_no_platform(office, settings):
    _, phone = office
    settings.PLATFORM_CALLS_AT_ONCE = 2
    phone.platform.faults(SILENT)
    codes = [phone.mini_code() for _ in range(6)]

    def come(i: int):
        if i > 1:  # the others come when these wait already
            eventually(lambda: len(phone.platform.requests(SESSION)) == 2, what="two who wait")
            time.sleep(circuit.LATE_S)
        reply = phone.wechat(codes[i]) if i < 5 else password(phone)
        connection.close()
        return reply

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(come, range(6)))
    waiting, others = replies[:2], replies[2:]
    assert [code_of(reply) for reply in waiting] == [(503, "login_unanswered")] * 2
    assert [refused_at_once(reply) for reply in others[:3]] == [True] * 3
    assert others[3].status_code == 200
    assert Session.objects.count() == 1
    assert len(phone.platform.requests(SESSION)) == 2


def test_a_crowd_waits_its_turn_while_the_platform_answers(office, settings):
    _, phone = office
    settings.PLATFORM_CALLS_AT_ONCE = 1
    codes = [phone.mini_code() for _ in range(6)]
    replies = together(6, lambda i: phone.wechat(codes[i]))
    assert [reply.status_code for reply in replies] == [200] * 6


def test_one_platform_says_nothing_of_the_other_and_workers_ask_on(office):
    _, phone = office
    app = App.objects.get(kind="wecom_app")
    for _ in range(circuit.OPENS_AFTER):
        circuit.of(transport.WECOM).silent()
    assert phone.wechat(phone.mini_code()).status_code == 200
    assert refused_at_once(phone.wecom_mini())
    assert wecom.client_for(app).send_text(["LiLei"], "您好", dedupe_key="1").msgid
    assert figure("circuit_open", "wecom") == 0, "its answer to the worker closes the circuit for people too"
    assert phone.wecom_mini().status_code == 403


def test_a_page_is_signed_from_what_is_held_however_silent_the_platform_is(office):
    cast, _ = office
    app = App.objects.get(kind="wecom_app")

    def ask():
        return Caller(access_token(cast.li)).get(
            "/wecom/js-sdk-signature", app=app.public_id, url="https://waiqin.example.com/h5/"
        )

    assert ask().status_code == 200
    for _ in range(circuit.OPENS_AFTER):
        circuit.of(transport.WECOM).silent()
    assert ask().status_code == 200
    PlatformToken.objects.all().delete()
    assert refused_at_once(ask())


def test_who_waits_for_anothers_token_waits_no_longer_either(office):
    """The test's own connection plays the process that fetches it."""
    _, phone = office
    app = App.objects.get(kind="wecom_app")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s::bigint)", [locks.key_of(f"access:{app.pk}")])
        with lasting(PERSON_S * 0.9, PERSON_S + PATIENT_S):
            [reply] = together(1, lambda _: phone.wecom_mini())
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert code_of(reply) == (503, "login_unanswered")
    assert phone.platform.requests(GETTOKEN) == []


def test_a_dead_host_of_many_addresses_takes_no_longer_than_one(settings, monkeypatch):
    """Listeners whose queues are full: what connects to them hears nothing, as with a host behind a dead line."""
    monkeypatch.setattr(transport, "CONNECT_S", 1.0)
    addresses, held = [f"127.0.0.{n}" for n in range(2, 6)], []
    for address in addresses:
        listener = socket.socket()
        listener.bind((address, held[0].getsockname()[1] if held else 0))
        listener.listen(0)
        held.append(listener)
    port = held[0].getsockname()[1]
    for address in addresses:
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((address, port))
            held.append(filler)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]
    asked = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args: found if host == "dead.example" else asked(host, *args)
    )
    settings.WECHAT_API_BASE = f"http://dead.example:{port}"
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with lasting(0.9, 3.5), pytest.raises(Unanswered, match="ConnectTimeout"):
        transport.call("GET", "cgi-bin/token", base=transport.WECHAT, params={})
    for one in held:
        one.close()


def test_a_body_that_ends_with_its_connection_is_not_taken_for_whole_when_it_was_cut(platform_process, settings):
    platform_process.reset()
    platform_process.faults({"path": "/cgi-bin/token", "delay": 60})
    began = time.monotonic()
    with pytest.raises(wire.requests.Timeout), wire.ended_after(0.2):
        wire.session().get(f"{platform_process.url}/cgi-bin/token", timeout=30)
    assert time.monotonic() - began < 2
    with wire.ended_after(5):
        assert wire.session().get(f"{platform_process.url}/cgi-bin/token", timeout=5).status_code == 200
