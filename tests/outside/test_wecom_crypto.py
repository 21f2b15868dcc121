"""Tencent's package reads what we and the stand-in write, and both read what it writes."""

import secrets
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from backend.wechat import jssdk
from backend.wechat.callbacks import registry, replies
from infra.simulators.wechat.callbacks import crypto
from tests.infra.simulators.wechat.conftest import AES_KEY, TOKEN, Listener, listener, platform, platform_process, told
from tests.simulators import Simulator
from tests.support.callbacks import card_clicked, enter, envelope

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("outside"), pytest.mark.timeout(600)]
__all__ = ["listener", "platform", "platform_process", "told"]

TEXTS = ["", "a", "<xml>您好</xml>", "长" * 5000, *("x" * number for number in range(1, 70))]
"""Every length of padding there is."""


def test_the_stand_in_and_the_package_read_each_other(wecom_crypto):
    theirs = wecom_crypto(*(["encrypt", AES_KEY, text, "ww-waiqin"] for text in TEXTS))
    read = [crypto.decrypted(one, aes_key=AES_KEY, receiver_id="ww-waiqin").decode() for one in theirs]
    assert read == TEXTS
    ours = [crypto.encrypted(text.encode(), aes_key=AES_KEY, receiver_id="ww-waiqin") for text in TEXTS]
    opened = wecom_crypto(*(["decrypt", AES_KEY, one] for one in ours))
    assert [(one["message"], one["id"]) for one in opened] == [(text, "ww-waiqin") for text in TEXTS]
    signed = wecom_crypto(*(["getSignature", TOKEN, "1", str(number), one] for number, one in enumerate(ours)))
    assert signed == [crypto.signature(TOKEN, "1", str(number), one) for number, one in enumerate(ours)]


def test_the_package_reads_a_callback_of_the_stand_in(platform: Simulator, told: Listener, wecom_crypto):
    assert platform.contact_event("delete_user", {"user_id": "LiLei"})[0]["outcome"] == "ok"
    [(_, query, body)] = told.received
    encrypt = ElementTree.fromstring(body).findtext("Encrypt")
    opened, signature = wecom_crypto(
        ["decrypt", AES_KEY, encrypt], ["getSignature", TOKEN, query["timestamp"], query["nonce"], encrypt]
    )
    assert opened["id"] == "ww-waiqin"
    assert "<ChangeType><![CDATA[delete_user]]></ChangeType>" in opened["message"]
    assert signature == query["msg_signature"]


def test_the_stand_in_takes_a_reply_of_the_package(platform: Simulator, told: Listener, wecom_crypto):
    inner = "<xml><MsgType>update_button</MsgType><Button><ReplaceName>已同意</ReplaceName></Button></xml>"
    [sealed] = wecom_crypto(["encrypt", AES_KEY, inner, "ww-waiqin"])
    [signature] = wecom_crypto(["getSignature", TOKEN, "1", "n", sealed])
    reply = f"<xml><Encrypt>{sealed}</Encrypt><MsgSignature>{signature}</MsgSignature>"
    told.answer = lambda query, body: (200, f"{reply}<TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>".encode())
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"})
    assert callback["outcome"] == "ok"
    told.answer = lambda query, body: (200, f"{reply}<TimeStamp>2</TimeStamp><Nonce>n</Nonce></xml>".encode())
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"})
    assert callback["outcome"] == "bad reply: wrong signature"


def test_our_server_takes_what_the_package_seals_and_answers_what_it_reads(cast, wecom_crypto, monkeypatch):
    app, known = enter(cast.company.pk)
    monkeypatch.setattr(registry, "_answerers", {})
    registry.answer(
        "template_card_event",
        lambda app, message, at: replies.update_button(
            user_id=message.event.source, corp_id=app.platform_id, replace_name="已同意", at=at
        ),
    )
    stamp = {name: known.query()[name] for name in ("timestamp", "nonce")}
    [sealed] = wecom_crypto(["encrypt", known.aes_key, card_clicked(), known.receiver])
    [signature] = wecom_crypto(["getSignature", known.token, stamp["timestamp"], stamp["nonce"], sealed])
    reply = known.deliver({"msg_signature": signature, **stamp}, envelope(sealed))
    assert reply.status_code == 200
    fields = {child.tag: child.text for child in ElementTree.fromstring(reply.content)}
    opened, signed = wecom_crypto(
        ["decrypt", known.aes_key, fields["Encrypt"]],
        ["getSignature", known.token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"]],
    )
    assert opened["id"] == app.platform_id
    assert "<ReplaceName>已同意</ReplaceName>" in opened["message"]
    assert signed == fields["MsgSignature"]


def test_our_address_is_verified_by_what_the_package_seals(cast, client, wecom_crypto):
    _, known = enter(cast.company.pk)
    stamp = {name: known.query()[name] for name in ("timestamp", "nonce")}
    echo = str(secrets.randbelow(10**19))
    [sealed] = wecom_crypto(["encrypt", known.aes_key, echo, known.receiver])
    [signature] = wecom_crypto(["getSignature", known.token, stamp["timestamp"], stamp["nonce"], sealed])
    query = urlencode({"msg_signature": signature, **stamp, "echostr": sealed})
    assert client.get(f"{known.address}?{query}").content == echo.encode()


def test_our_signature_of_a_page_is_the_packages(wecom_crypto):
    page = {"url": "https://crm.example.com/a?b=1&c=中", "ticket": "t-1", "nonceStr": "n", "timestamp": 1}
    [theirs] = wecom_crypto(["getJsApiSignature", page])
    assert jssdk.signed("t-1", page["url"], timestamp=1, nonce="n") == theirs["signature"]
