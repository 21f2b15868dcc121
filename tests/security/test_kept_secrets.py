"""What opens a door is kept as a hash or sealed; no table holds one in plain, and no failure that is kept tells one."""

from base64 import b64encode

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher, make_password
from django.test import override_settings

from backend.core import clock
from backend.core.logs import JsonFormatter
from backend.directory import selectors
from backend.erp.services.systems import put_system, rotate_secret
from backend.events.models import Delivery, Event
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.support.cast import PASSWORD
from tests.support.client import Caller
from tests.support.tables import holding
from tests.support.world import make_world

ARGON2 = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])


def test_argon2_costs_a_guesser_what_owasp_asks_for():
    """At least 19 MiB, two rounds: Password Storage Cheat Sheet, Argon2id."""
    with ARGON2:
        kept = make_password(PASSWORD)
        assert kept.startswith("argon2$argon2id$")
        hasher = identify_hasher(kept)
        assert isinstance(hasher, Argon2PasswordHasher)
        parameters = hasher.decode(kept)
        assert parameters["memory_cost"] >= 19 * 1024
        assert parameters["time_cost"] >= 2
        assert len(parameters["salt"]) >= 16
        assert make_password(PASSWORD) != kept


def test_no_table_holds_what_opens_a_door(cast, api, media_root, work):
    """After a day with every door: sign-in, refresh, change of password, apps, an ERP's secrets, a signed link."""
    world = make_world(cast, api)
    work()
    actor = cast.actor(cast.qian)
    apps.configure_app(
        actor=actor,
        kind=App.Kind.WECOM_APP,
        platform_id="ww-waiqin",
        agent_id=1000002,
        secret="corp-secret-in-plain",
        name="外勤",
        callback_token="callbackTokenInPlain",
        aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    )
    system = put_system(actor=actor, code="k3", name="金蝶", at=clock.now())
    rotated = rotate_secret(actor=actor, system_id=system.pk, at=clock.now())
    system.refresh_from_db()
    login = {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": {"id": "phone-1"}}
    signed_in = Caller(None).post("/auth/password", login).json()
    wrong = Caller(None).post("/auth/password", login | {"password": "wrong-password-in-plain"})
    assert wrong.status_code == 401
    renewed = (
        Caller(None).post("/auth/refresh", {"refresh_token": signed_in["refresh_token"], "device_id": "phone-1"}).json()
    )
    phone = Caller(renewed["access_token"])
    link = phone.get(f"/files/{world.file}").json()["links"]
    change = {"old_password": PASSWORD, "new_password": "the-new-one-in-plain"}
    assert phone.post("/auth/password/change", change).status_code == 204

    secrets = [
        *(PASSWORD, "the-new-one-in-plain", "wrong-password-in-plain"),
        *(signed_in["access_token"], signed_in["refresh_token"], renewed["access_token"], renewed["refresh_token"]),
        *("corp-secret-in-plain", "callbackTokenInPlain", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"),
        *(rotated, *system.live_secrets),
        *([link["original"].split("signature=")[1]] if link else []),
    ]
    forms = [form for text in secrets for form in (text, text.encode().hex(), b64encode(text.encode()).decode())]
    assert holding(forms) == []


def test_the_scan_would_find_one(cast):
    cast.li.email = "planted-in-plain@example.com"
    cast.li.save(update_fields=["email"])
    assert holding(["planted-in-plain", "not-there-at-all"]) == ["directory_employee: planted-in-plain"]


@pytest.mark.parametrize(
    "failure",
    [
        "GET https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=ww1&corpsecret=in-plain-1 failed",
        "refused: Authorization: Bearer in-plain-2.x.y",
        '{"refresh_token": "in-plain-3"}',
        "PUT /files/1/content?signature=in-plain-4",
        "no such member: 13812345678",
    ],
)
def test_a_failure_that_is_kept_tells_no_secret(cast, failure):
    event = Event.objects.filter(company=cast.company).first()
    row = Delivery.objects.create(company=cast.company, event=event, consumer="planted", due_at=clock.now())

    def fail(owed):
        raise RuntimeError(failure)

    Delivery.perform(row.pk, fail)
    row.refresh_from_db()
    assert "RuntimeError" in row.error
    assert "in-plain" not in row.error
    assert "13812345678" not in row.error


def test_an_unexpected_failure_tells_the_caller_nothing_and_the_log_no_secret(api, cast, monkeypatch, caplog):
    def broken(**given):
        raise RuntimeError("password=in-plain-5 for 13812345678")

    monkeypatch.setattr(selectors, "department_tree", broken)
    reply = api(cast.li).get("/departments")
    logged = "".join(JsonFormatter().format(record) for record in caplog.records)
    assert reply.status_code == 500
    assert set(reply.json()) == {"type", "title", "status", "code", "detail", "instance", "request_id"}
    assert "RuntimeError" in logged
    for told in (reply.content.decode(), logged):
        assert "in-plain" not in told
        assert "13812345678" not in told
