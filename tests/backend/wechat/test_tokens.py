import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from backend.core import clock, secrets
from backend.events.models import Event
from backend.wechat import held, locks, tokens, transport, wecom
from backend.wechat.errors import Configuration, Transient
from backend.wechat.models import App, PlatformToken
from tests.backend.wechat.conftest import CORP, SECRET
from tests.simulators import Simulator
from tests.support.threads import together

GETTOKEN = "/cgi-bin/gettoken"
SEND = "/cgi-bin/message/send"


def send(app: App, key: str = "m1") -> wecom.SendResult:
    return wecom.client_for(app).send_text(["LiLei"], "您好", dedupe_key=key)


def test_a_token_is_fetched_once_and_shared(platform: Simulator, app: App):
    send(app, "m1")
    send(App.objects.get(pk=app.pk), "m2")
    assert len(platform.requests(GETTOKEN)) == 1


def test_nothing_secret_is_stored_in_the_clear(platform: Simulator, app: App):
    token = tokens.current(app)
    row = PlatformToken.objects.get(app=app)
    assert row.token == token
    assert token not in row.token_encrypted
    assert SECRET not in app.secret_encrypted
    assert App.objects.get(pk=app.pk).secret == SECRET


def test_a_token_is_given_up_five_minutes_before_its_end(platform: Simulator, app: App):
    first = tokens.current(app)
    with time_machine.travel(clock.now() + timedelta(seconds=7200 - 301), tick=False):
        assert tokens.current(app) == first
    with time_machine.travel(clock.now() + timedelta(seconds=7200 - 299), tick=False):
        assert tokens.current(app) != first


def test_a_short_token_is_used_for_three_quarters_of_its_life(platform: Simulator, app: App):
    answer = {"errcode": 0, "access_token": "short", "expires_in": 40}
    platform.faults({"path": GETTOKEN, "body": json.dumps(answer)})
    assert tokens.current(app) == "short"
    life = PlatformToken.objects.get(app=app).expires_at - clock.now()
    assert timedelta(seconds=25) < life <= timedelta(seconds=30)


def test_a_token_that_died_early_is_renewed_once(platform: Simulator, app: App):
    send(app, "m1")
    platform.advance(7200)  # the platform's clock only: we still think the token is good
    send(app, "m2")
    assert len(platform.requests(GETTOKEN)) == 2
    assert [request["errcode"] for request in platform.requests(SEND)] == [0, 42001, 0]
    assert len(platform.messages("LiLei")) == 2


def test_a_token_refused_for_ever_ends_after_two_calls(platform: Simulator, app: App):
    platform.faults({"path": SEND, "errcode": 40014, "count": None})
    with pytest.raises(Configuration):
        send(app)
    assert len(platform.requests(SEND)) == 2
    assert len(platform.requests(GETTOKEN)) == 2


@pytest.mark.parametrize("dead", [False, True], ids=["cold", "dead token"])
def test_of_five_threads_one_fetches(platform: Simulator, transactional_db, configured, dead: bool):
    app = configured()
    if dead:
        tokens.current(app)
        platform.advance(7200)
    before = len(platform.requests(GETTOKEN))

    results = together(5, lambda number: send(app, f"m{number}"))
    assert len({result.msgid for result in results}) == 5
    assert len(platform.requests(GETTOKEN)) == before + 1


def test_another_process_is_waited_for_and_its_token_used(platform: Simulator, transactional_db, configured):
    """The test's own connection plays the other process."""
    app = configured()
    lock = [locks.key_of(f"access:{app.pk}")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s::bigint)", lock)

    def work() -> str:
        try:
            return tokens.current(app)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(work)
        while not _somebody_waits_for_the_lock():
            assert not waiting.done()
        PlatformToken.objects.create(
            company=app.company,
            app=app,
            purpose="access",
            token_encrypted=secrets.encrypted("theirs"),
            expires_at=clock.now() + timedelta(hours=1),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", lock)
        assert waiting.result(timeout=30) == "theirs"
    assert platform.requests(GETTOKEN) == []


def _somebody_waits_for_the_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()[0] > 0


def test_a_process_that_fetches_too_long_is_not_waited_for(platform: Simulator, transactional_db, configured):
    app = configured()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s::bigint)", [locks.key_of(f"access:{app.pk}")])

    def work(_: int) -> None:
        with connection.cursor() as mine:
            mine.execute("SET statement_timeout = 100")
        tokens.current(app)

    [error] = together(1, work)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert isinstance(error, Transient)
    assert platform.requests() == []
    assert tokens.current(app)


def test_a_thread_that_fetches_too_long_is_not_waited_for(platform: Simulator, app: App, monkeypatch):
    monkeypatch.setattr(locks, "WAIT_S", 0.1)
    lock = locks._locks.setdefault(f"access:{app.pk}", threading.Lock())
    with lock, pytest.raises(Transient, match="another thread"):
        tokens.current(app)
    assert platform.requests() == []
    assert tokens.current(app)


def test_the_locks_are_free_after_a_failure(platform: Simulator, transactional_db, configured):
    app = configured()
    platform.faults({"path": GETTOKEN, "status": 500})
    with pytest.raises(Transient):
        tokens.current(app)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone()[0] == 0
    assert tokens.current(app)


def test_a_transaction_is_never_held_across_the_network(platform: Simulator, transactional_db, configured):
    app = configured()
    with pytest.raises(RuntimeError), transaction.atomic():
        send(app)
    assert platform.requests() == []


def test_a_wrong_secret_is_for_a_person_to_mend(platform: Simulator, configured, db):
    app = configured(secret="not-the-secret")
    with pytest.raises(Configuration) as error:
        send(app)
    assert error.value.errcode == 40001
    assert "not-the-secret" not in str(error.value)
    assert error.value.__cause__ is error.value.__context__ is None


def test_a_refused_secret_is_not_tried_again_at_once(platform: Simulator, configured, db):
    """WeCom bans the address of a caller who insists."""
    app = configured(secret="not-the-secret")
    for _ in range(3):
        with pytest.raises(Configuration, match="errcode 40001"):
            send(app)
    assert len(platform.requests(GETTOKEN)) == 1
    with time_machine.travel(clock.now() + held.REFUSED_PAUSE, tick=False), pytest.raises(Configuration):
        send(app)
    assert len(platform.requests(GETTOKEN)) == 2


def test_the_right_secret_works_at_once(platform: Simulator, configured, db):
    wrong = configured(secret="not-the-secret")
    with pytest.raises(Configuration):
        send(wrong)
    mended = configured()
    assert mended.pk == wrong.pk
    assert send(mended).invalid_users == ()


def test_a_secret_whose_key_is_gone_is_for_a_person_to_mend(platform: Simulator, app: App, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["another key"]
    with pytest.raises(Configuration, match="FIELD_ENCRYPTION_KEYS"):
        send(app)
    assert platform.requests() == []


def test_two_apps_of_one_corporation_have_tokens_of_their_own(platform: Simulator, app: App, configured):
    other = configured(agent_id=1000003, secret="another-secret")
    send(app)
    send(other)
    assert tokens.current(app) != tokens.current(other)
    assert [message["agent_id"] for message in platform.messages("LiLei")] == [1000002, 1000003]


@pytest.mark.parametrize(
    "body",
    ['{"errcode": 0}', '{"access_token": "", "expires_in": 7200}', '{"access_token": "t", "expires_in": "soon"}', "[]"],
)
def test_an_answer_without_a_token_is_not_one(platform: Simulator, app: App, body: str):
    platform.faults({"path": GETTOKEN, "body": body})
    with pytest.raises(Transient):
        send(app)
    assert not PlatformToken.objects.filter(app=app).exists()


def test_a_slow_gettoken_ends_too(platform: Simulator, app: App, monkeypatch):
    monkeypatch.setattr(transport, "READ_S", 0.2)
    platform.faults({"path": GETTOKEN, "delay": 60})
    with pytest.raises(Transient, match="ReadTimeout") as error:
        send(app)
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is error.value.__context__ is None


def test_entering_an_app_is_on_record_without_its_secret(app: App):
    event = Event.objects.get(name="platform_app.configured")
    assert event.data == {"kind": "wecom_app", "platform_id": CORP["corp_id"], "agent_id": 1000002}
