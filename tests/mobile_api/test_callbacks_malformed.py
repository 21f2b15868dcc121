"""Every malformed input that wechatpy raises something of its own for, and what else a stranger may send: 4xx, nothing
kept, and never a crash."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from backend.core import clock
from backend.directory.services import people
from backend.wechat.callbacks.models import Callback
from backend.wechat.models import App
from tests.support.callbacks import AES_KEY, RECEIVER, Platform, card_clicked, enter, envelope

TEXT = card_clicked()
OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
REFUSED, MALFORMED = (401, "callback_refused"), (422, "callback_malformed")


@dataclass(frozen=True)
class Case:
    name: str
    send: Callable[[Platform], object]
    answer: tuple[int, str]


def body(bytes_: bytes) -> Callable[[Platform], object]:
    return lambda platform: platform.deliver(platform.query("x"), bytes_)


def ciphertext(sealed: str) -> Callable[[Platform], object]:
    """Signed by who knows the token; what is inside is broken."""
    return lambda platform: platform.deliver(platform.query(sealed), envelope(sealed))


def changed(**changes: str) -> Callable[[Platform], object]:
    """After it was signed."""

    def send(platform: Platform) -> object:
        sealed = platform.sealed(TEXT)
        return platform.deliver(platform.query(sealed) | changes, envelope(sealed))

    return send


def said(text: str | bytes) -> Callable[[Platform], object]:
    return lambda platform: platform.push(text)


def at(seconds: int) -> Callable[[Platform], object]:
    return lambda platform: platform.push(TEXT, timestamp=str(int(clock.now().timestamp()) + seconds))


def no_utf8_inside(platform: Platform) -> object:
    return platform.push(b"\xff\xfe<xml/>")


CASES = [
    Case("bad signature", changed(msg_signature="0" * 40), REFUSED),
    Case("signature that is no ASCII", changed(msg_signature="签" * 40), REFUSED),
    Case("tampered nonce", changed(nonce="263014781"), REFUSED),
    Case("tampered timestamp", changed(timestamp="1409659589"), REFUSED),
    Case("eleven minutes old", at(-660), REFUSED),
    Case("eleven minutes ahead", at(660), REFUSED),
    Case("timestamp that is no number", lambda p: p.push(TEXT, timestamp="soon"), REFUSED),
    Case("timestamp beyond all time", lambda p: p.push(TEXT, timestamp="99999999999"), REFUSED),
    Case("timestamp in other digits", lambda p: p.push(TEXT, timestamp="٣٤٥٦"), REFUSED),
    Case("signed with another token", lambda p: p.knowing(token="other").push(TEXT), REFUSED),
    Case("sealed with another key", lambda p: p.knowing(aes_key=OTHER_KEY).push(TEXT), REFUSED),
    Case("for another receiver", lambda p: p.knowing(receiver="ww-somebody").push(TEXT), REFUSED),
    Case("for one that differs in case only", lambda p: p.knowing(receiver=RECEIVER.upper()).push(TEXT), REFUSED),
    Case("ciphertext that is no base64", ciphertext("!!!not base64!!!"), REFUSED),
    Case("ciphertext of a wrong padding", ciphertext("abcde"), REFUSED),
    Case("ciphertext that is no ASCII", ciphertext("密文"), REFUSED),
    Case("short ciphertext", ciphertext(base64.b64encode(b"short").decode()), REFUSED),
    Case("one block of ciphertext", ciphertext(base64.b64encode(bytes(16)).decode()), REFUSED),
    Case("two blocks of ciphertext", ciphertext(base64.b64encode(bytes(32)).decode()), REFUSED),
    Case("blank ciphertext", ciphertext(" x "), REFUSED),
    Case("plaintext that is no UTF-8", no_utf8_inside, REFUSED),
    Case("plaintext that is no message", said("hello"), MALFORMED),
    Case("empty plaintext", said(""), MALFORMED),
    Case("plaintext of another root", said("<html><a/></html>"), MALFORMED),
    Case("plaintext with NUL", said("<xml><A>\0</A></xml>"), MALFORMED),
    Case("JSON with NUL", said(json.dumps({"MsgType": "a\0b"})), MALFORMED),
    Case("JSON with half a surrogate pair", said('{"MsgType": "\\ud800"}'), MALFORMED),
    Case("JSON nested without end", said('{"a":' * 30_000), MALFORMED),
    Case("plaintext with a document type", said('<!DOCTYPE x SYSTEM "http://x/"><xml><A>1</A></xml>'), MALFORMED),
    Case("no Encrypt", body(b"<xml><ToUserName>x</ToUserName></xml>"), MALFORMED),
    Case("empty Encrypt", body(b"<xml><Encrypt></Encrypt></xml>"), MALFORMED),
    Case("two Encrypts", body(b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"), MALFORMED),
    Case("Encrypt with elements", body(b"<xml><Encrypt><a/></Encrypt></xml>"), MALFORMED),
    Case("JSON with a number for Encrypt", body(b'{"Encrypt": 1}'), MALFORMED),
    Case("a JSON list", body(b"[1]"), MALFORMED),
    Case("malformed XML", body(b"<xml><Encrypt>"), MALFORMED),
    Case("an unknown encoding", body(b'<?xml version="1.0" encoding="x-none"?><xml><Encrypt>a</xml>'), MALFORMED),
    Case("a document type", body(b'<!DOCTYPE xml SYSTEM "http://x/"><xml><Encrypt>a</Encrypt></xml>'), MALFORMED),
    Case(
        "entities",
        body(b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'),
        MALFORMED,
    ),
    Case(
        "an external entity", body(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>&a;</xml>'), MALFORMED
    ),
    Case("a body that is no UTF-8", body(b"\xff\xfe\x00<xml>"), MALFORMED),
    Case("a body with NUL", body(b"<xml><Encrypt>a\0</Encrypt></xml>"), MALFORMED),
    Case("no body", body(b""), MALFORMED),
    Case("a body too large", body(b"<xml>" + b"x" * 300_000), (413, "too_large")),
    Case("a body far too large", body(b"x" * 1_100_000), (413, "too_large")),
    Case("a nonce too long", changed(nonce="1" * 200), (422, "invalid")),
]


@pytest.fixture(params=[App.Kind.WECOM_APP, App.Kind.MINI_PROGRAM])
def platform(db, request) -> Platform:
    return enter(people.found_company(code="waiqin", name="外勤公司").pk, kind=request.param)[1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_is_refused_and_leaves_nothing(platform, case):
    reply = case.send(platform)
    assert (reply.status_code, reply.json()["code"]) == case.answer
    assert not Callback.objects.exists()


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
def test_every_part_of_the_stamp_is_needed(platform, missing):
    sealed = platform.sealed(TEXT)
    query = platform.query(sealed)
    del query[missing]
    assert platform.deliver(query, envelope(sealed)).status_code == 422


@pytest.mark.parametrize("length", [42, 44])
def test_a_stored_key_of_a_wrong_length_opens_nothing(platform, length):
    for app in App.objects.all():
        app.aes_key = (AES_KEY + "x")[:length]
        app.save()
    reply = platform.push(TEXT)
    assert (reply.status_code, reply.json()["code"]) == REFUSED


def test_an_echo_is_held_to_the_same(cast):
    wecom = enter(cast.company.pk)[1]
    for broken in (wecom.knowing(token="other"), wecom.knowing(aes_key=OTHER_KEY), wecom.knowing(receiver="ww-x")):
        reply = broken.verify("1616140317555161061")
        assert (reply.status_code, reply.json()["code"]) == REFUSED
    old = wecom.verify("1616140317555161061", timestamp="1409659589")
    assert (old.status_code, old.json()["code"]) == REFUSED
    for echo in ("", "x", "=====", "a" * 2000):
        query = wecom.query(echo) | {"echostr": echo}
        assert 400 <= Client(raise_request_exception=False).get(wecom.address, query).status_code < 500
    assert wecom.verify("1616140317555161061").content == b"1616140317555161061"
