"""Four processes of five threads come to a platform that kills the older token whenever it gives a new one."""

import sys
from pathlib import Path

import pytest

from backend.wechat import locks, tokens
from backend.wechat.errors import Transient
from backend.wechat.models import App
from tests.simulators import Simulator
from tests.support.brokers import Redis
from tests.support.processes import Program, eventually
from tests.support.programs import environment
from tests.support.threads import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PROCESSES, THREADS = 4, 5
GETTOKEN, SEND = "/cgi-bin/gettoken", "/cgi-bin/message/send"


@pytest.fixture
def redis_url(tmp_path: Path):
    server = Redis(tmp_path)
    server.start()
    yield server.url
    server.end()


def send_from_many_processes(platform: Simulator, app: App, home: Path, redis_url: str) -> None:
    """Returns when all have sent; what goes wrong in one is shown."""
    gate = home / "gate"
    env = environment(home, WECOM_API_BASE=platform.url, REDIS_URL=redis_url)
    words = [sys.executable, "-m", "tests.support.platform_sender", str(app.pk)]
    programs = [
        Program(*words, str(number), str(gate), env=env, log=home / f"{number}.log") for number in range(PROCESSES)
    ]
    try:
        for program in programs:
            program.wait_for("ready")
        gate.touch()
        for program in programs:
            eventually(lambda program=program: not program.is_alive, what="the sender")
            assert program.said("sent") == 1, program.log.read_text()
    finally:
        for program in programs:
            program.kill()


def assert_one_token_for_all(platform: Simulator) -> None:
    assert len(platform.requests(GETTOKEN)) == 1
    assert [request["errcode"] for request in platform.requests(SEND)] == [0] * PROCESSES * THREADS
    assert len({message["msgid"] for message in platform.messages("LiLei")}) == PROCESSES * THREADS


def test_cold_with_the_lock_of_the_database(platform: Simulator, app: App, tmp_path: Path):
    send_from_many_processes(platform, app, tmp_path, "")
    assert_one_token_for_all(platform)


def test_cold_with_the_lock_of_redis(platform: Simulator, app: App, tmp_path: Path, redis_url: str):
    send_from_many_processes(platform, app, tmp_path, redis_url)
    assert_one_token_for_all(platform)


def test_a_token_that_dies_under_many_is_renewed_once(platform: Simulator, app: App, tmp_path: Path):
    tokens.current(app)
    platform.revoke_tokens()
    send_from_many_processes(platform, app, tmp_path, "")
    assert len(platform.requests(GETTOKEN)) == 2
    assert len(platform.messages("LiLei")) == PROCESSES * THREADS
    assert len(platform.requests(SEND)) <= 2 * PROCESSES * THREADS


def test_threads_share_the_lock_of_redis(platform: Simulator, app: App, redis_url: str, settings):
    settings.REDIS_URL = redis_url
    assert len(set(together(THREADS, lambda _: tokens.current(app)))) == 1
    assert len(platform.requests(GETTOKEN)) == 1
    assert locks._client(redis_url).keys("*") == []


def test_who_holds_the_lock_of_redis_too_long_is_not_waited_for(
    platform: Simulator, app: App, redis_url: str, settings, monkeypatch
):
    settings.REDIS_URL = redis_url
    monkeypatch.setattr(locks, "WAIT_S", 0.2)
    with locks._client(redis_url).lock(f"{locks.PREFIX}access:{app.pk}", timeout=60):
        with pytest.raises(Transient, match="another process"):
            tokens.current(app)
        assert platform.requests() == []
    assert tokens.current(app)


def test_a_redis_that_died_is_done_without(platform: Simulator, app: App, tmp_path: Path, settings):
    server = Redis(tmp_path)
    server.start()
    settings.REDIS_URL = server.url
    assert tokens.current(app)
    server.end()
    platform.advance(7200)
    assert tokens.replacement(app, refused=tokens.current(app))
    assert len(platform.requests(GETTOKEN)) == 2
