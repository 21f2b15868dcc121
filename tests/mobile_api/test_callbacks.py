"""What the platform sends, over HTTP: our address is verified, messages are taken once, and nothing crashes us."""

import json
import time
import uuid
from urllib.parse import quote

import pytest
from django.test import Client

from backend.core import clock
from backend.events.models import Event
from backend.wechat.callbacks import registry, replies
from backend.wechat.callbacks.models import Callback
from backend.wechat.models import App
from tests.support.callbacks import RECEIVER, Platform, card_clicked, contact_changed, enter, envelope

VECTOR = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3"
    "TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gs"
    "ijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUa"
    "x5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIG"
    "HBZZIs2pDBS8R07+qN+E7Q=="
)
"""The message of Tencent's sample (github.com/sbzhu/weworkapi_python), and its echo below."""
ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="


@pytest.fixture
def wecom(cast) -> Platform:
    return enter(cast.company.pk)[1]


@pytest.fixture
def mini(cast) -> Platform:
    return enter(cast.company.pk, kind=App.Kind.MINI_PROGRAM)[1]


@pytest.fixture
def in_2014(monkeypatch):
    """The seconds in which Tencent made its vectors."""

    def at(second: int) -> None:
        moment = clock.datetime.fromtimestamp(second, clock.UTC)
        monkeypatch.setattr(clock, "now", lambda: moment)

    return at


def problem(reply) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


class TestTheAddress:
    def test_is_verified_with_tencents_own_vector(self, wecom, in_2014):
        in_2014(1409659589)
        query = "msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780"
        began = time.monotonic()
        reply = Client().get(f"{wecom.address}?{query}&echostr={quote(ECHO, safe='')}")
        assert time.monotonic() - began < 1
        assert (reply.status_code, reply.content) == (200, b"1616140317555161061")

    def test_survives_a_plus_that_nobody_escaped(self, wecom, in_2014):
        in_2014(1409659589)
        query = "msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780"
        assert Client().get(f"{wecom.address}?{query}&echostr={ECHO}").content == b"1616140317555161061"

    def test_of_a_mini_program_is_verified_by_the_signature_alone(self, mini):
        query = mini.query(name="signature") | {"echostr": "4375120948345356249"}
        assert Client().get(mini.address, query).content == b"4375120948345356249"
        reply = Client().get(mini.address, query | {"signature": "0" * 40})
        assert problem(reply) == (401, "callback_refused")

    def test_is_not_moved_by_a_missing_or_added_slash(self, wecom):
        sealed = wecom.sealed(card_clicked())
        slashed = wecom.knowing(address=wecom.address + "/")
        assert slashed.deliver(wecom.query(sealed), envelope(sealed)).status_code == 404
        assert wecom.push(card_clicked()).status_code == 200

    def test_of_another_kind_an_unknown_one_or_one_without_keys_is_not_there(self, wecom, mini, cast):
        crossed = wecom.knowing(address=wecom.address.replace("/wecom/", "/wechat/"))
        unknown = wecom.knowing(address=f"/api/v1/callbacks/wecom/{uuid.uuid4()}")
        App.objects.filter(kind=App.Kind.MINI_PROGRAM).update(callback_token_encrypted="", aes_key_encrypted="")
        for platform in (crossed, unknown, mini):
            assert problem(platform.push(card_clicked())) == (404, "not_found")
        assert not Callback.objects.exists()

    def test_answers_unavailable_when_our_own_key_for_the_secrets_is_lost(self, wecom, settings):
        settings.FIELD_ENCRYPTION_KEYS = ["another-key-that-encrypted-nothing-here"]
        assert problem(wecom.push(card_clicked())) == (503, "unavailable")


class TestAMessage:
    def test_of_tencents_sample_is_read(self, wecom, in_2014):
        in_2014(1409659813)
        query = {
            "msg_signature": "477715d11cdb4164915debcba66cb864d751f3e6",
            "timestamp": "1409659813",
            "nonce": "1372623149",
        }
        reply = wecom.deliver(query, envelope(VECTOR))
        assert (reply.status_code, reply.content) == (200, b"success")
        kept = Callback.objects.get()
        assert kept.name == "text"
        assert "<Content><![CDATA[hello]]></Content>" in kept.text

    def test_is_kept_acknowledged_and_done_later(self, wecom, cast, work):
        assert wecom.push(card_clicked()).content == b"success"
        kept = Callback.objects.get()
        assert (kept.company_id, kept.name, kept.subject) == (cast.company.pk, "template_card_event", "card:t-1")
        assert not Event.objects.filter(name="wecom.card_clicked").exists()
        work()
        kept.refresh_from_db()
        assert (kept.status, kept.error) == ("done", "")
        clicked = Event.objects.get(name="wecom.card_clicked")
        assert clicked.data | {"employee": None} == {
            "event": "template_card_event",
            "corp_id": RECEIVER,
            "user_id": "LiLei",
            "employee": None,
            "task_id": "t-1",
            "key": "approve",
            "card_type": "button_interaction",
            "selected": {"q": ["o"]},
        }

    def test_sent_three_times_sealed_anew_is_taken_once(self, wecom, work):
        for nonce in ("1", "2", "3"):
            assert wecom.push(card_clicked(), nonce=nonce).content == b"success"
            work()
        assert Callback.objects.count() == Event.objects.filter(name="wecom.card_clicked").count() == 1

    def test_of_the_same_second_and_sender_is_another_when_it_says_something_else(self, wecom):
        for user in ("a", "b"):
            wecom.push(contact_changed("update_user", UserID=user))
        assert sorted(Callback.objects.values_list("subject", flat=True)) == ["user:a", "user:b"]

    def test_to_two_apps_is_two(self, wecom, mini):
        wecom.push(card_clicked())
        mini.push(card_clicked())
        assert Callback.objects.count() == 2

    @pytest.mark.parametrize("as_json", [False, True])
    def test_of_a_mini_program_may_come_as_xml_or_json(self, mini, work, as_json):
        said = {"ToUserName": "gh_1", "FromUserName": "openid", "CreateTime": 1, "MsgType": "event"}
        said |= {"Event": "subscribe_msg_popup_event", "List": {"TemplateId": "t", "SubscribeStatusString": "accept"}}
        assert mini.push(json.dumps(said), as_json=as_json).content == b"success"
        work()
        kept = Callback.objects.get()
        assert (kept.name, kept.status) == ("subscribe_msg_popup_event", "done")

    def test_that_nobody_knows_is_kept_and_done(self, wecom, work):
        text = "<xml><SuiteId>s</SuiteId><AuthCorpId>c</AuthCorpId><InfoType>change_contact</InfoType></xml>"
        wecom.push(text)
        wecom.push("<xml><MsgType>event</MsgType><Event>brand_new</Event></xml>")
        work()
        assert set(Callback.objects.values_list("status", flat=True)) == {"done"}


class TestAPassiveReply:
    @pytest.fixture
    def answering(self, monkeypatch):
        monkeypatch.setattr(registry, "_answerers", {})
        return lambda answerer: registry.answer("template_card_event", answerer)

    def test_is_sealed_for_the_clicker_and_given_again(self, wecom, answering):
        def answer(app, message, at):
            said = message.event
            return replies.update_button(user_id=said.source, corp_id=app.platform_id, replace_name="已同意", at=at)

        answering(answer)
        for nonce in ("1", "2"):
            reply = wecom.push(card_clicked(), nonce=nonce)
            assert reply.status_code == 200
            sealed = reply.content.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
            fields = dict(part.split(">", 1)[0:2] for part in reply.content.decode().split("<")[1:] if ">" in part)
            nonce = reply.content.decode().split("<Nonce><![CDATA[")[1].split("]]>")[0]
            assert wecom.signature(fields["TimeStamp"], nonce, sealed) in reply.content.decode()
            assert "<ReplaceName>已同意</ReplaceName>" in wecom.opened(sealed)
        assert Callback.objects.count() == 1

    def test_that_fails_costs_nothing_but_itself(self, wecom, answering):
        def fail(app, message, at):
            raise RuntimeError("not today")

        answering(fail)
        assert wecom.push(card_clicked()).content == b"success"
        assert Callback.objects.count() == 1

    def test_may_not_write(self, wecom, answering, transactional_db):
        answering(lambda app, message, at: str(App.objects.update(name="x")))
        assert wecom.push(card_clicked()).content == b"success"
        assert not App.objects.filter(name="x").exists()

    def test_names_fields_as_replies_spell_them(self):
        card = {"card_type": "text_notice", "main_title": {"title": "已驳回"}, "jump_list": [{"type": 1}]}
        said = replies.update_template_card(user_id="u", corp_id="c", card=card, at=clock.now())
        assert "<MainTitle><Title>已驳回</Title></MainTitle>" in said
        assert "<JumpList><Type>1</Type></JumpList>" in said
