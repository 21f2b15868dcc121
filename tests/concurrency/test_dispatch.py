"""Pushes on their whole way, through programs of their own: dispatcher, broker, workers and a stand-in for WeCom.

Whatever is killed on the way, each push arrives, and arrives once.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psutil
import psycopg
import pytest
from django.db import connection

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.events import services as events
from notifications.models import Message
from tests.notifications.subjects import visit_of
from tests.simulators import Simulator, wecom_simulator
from tests.support.brokers import BROKERS, Broker
from tests.support.processes import Program, eventually
from tests.support.wecom import CORP, enter_app

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SEND = "/cgi-bin/message/send"


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    ready: str
    """What it prints when it is."""


DISPATCHER = Command(("manage.py", "dispatcher", "--skip-checks"), "dispatcher running")
WORKER = Command(("-m", "celery", "-A", "backend", "worker", "--concurrency=2", "--hostname={number}@test"), "ready.")


class Line:
    """A dispatcher and a worker between the test's database and the phones; more of them on request."""

    dispatcher: Program
    worker: Program

    def __init__(self, broker: Broker, platform: Simulator, home: Path) -> None:
        self.broker, self._home, self.name = broker, home, f"test of {broker.url}"
        self._env = {
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "1",
            "PGAPPNAME": self.name,
            "DATABASE_URL": psycopg.conninfo.make_conninfo(**_database()),
            "BROKER_URL": broker.url,
            "RUN_DIR": str(home),
            "WECOM_API_BASE": platform.url,
            "OWED_LEASE_S": "4.5",
            "OWED_ENQUEUED_FOR_S": "1",
        }
        self._programs: list[Program] = []

    def start(self, *commands: Command) -> list[Program]:
        """All at the same time; returns when the last is ready."""
        programs = [self._start(command) for command in commands]
        for program, command in zip(programs, commands, strict=True):
            program.wait_for(command.ready)
        return programs

    def _start(self, command: Command) -> Program:
        number = len(self._programs)
        words = (word.format(number=number) for word in command.words)
        program = Program(sys.executable, *words, env=self._env, log=self._home / f"{number}.log")
        self._programs.append(program)
        return program

    def end(self) -> None:
        for program in self._programs:
            program.kill()
        self.broker.end()


def _database(name: str = "") -> dict[str, str]:
    ours = connection.settings_dict
    given = {"host": ours["HOST"], "port": ours["PORT"], "user": ours["USER"], "password": ours["PASSWORD"]}
    return {key: value for key, value in given.items() if value} | {"dbname": name or ours["NAME"]}


@pytest.fixture(scope="module")
def phones() -> Iterator[Simulator]:
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="class")
def line(request, django_db_setup, phones: Simulator, tmp_path_factory) -> Iterator[Line]:
    """Shared by the tests of one broker: starting takes longer than testing. What a test kills it starts again."""
    kind = request.cls.kind
    home = tmp_path_factory.mktemp(kind)
    line = Line(BROKERS[kind](home), phones, home)
    try:
        line.broker.start()
        line.dispatcher, line.worker = line.start(DISPATCHER, WORKER)
        yield line
    finally:
        line.end()


@pytest.fixture
def platform(phones: Simulator, cast) -> Simulator:
    phones.reset()
    phones.seed(CORP)
    enter_app(cast)
    return phones


def tell(person: Employee, text: str) -> None:
    """Something that is pushed to this person."""
    actor = Actor.system(person.company_id)
    events.record("visit.commented", visit_of(person), actor=actor, at=clock.now(), text=text)


def all_arrived(platform: Simulator, number: int) -> None:
    """Every message is sent, and the phones show each once."""
    sent = Message.objects.filter(status=Message.Status.DONE, outcome=Message.Outcome.SENT)
    eventually(lambda: sent.count() == number, what=f"{number} messages sent")
    shown = [message["msgid"] for message in platform.messages()]
    assert sorted(shown) == sorted(sent.values_list("external_id", flat=True))
    assert len(set(shown)) == number


BEFORE_IT_IS_SENT, AFTER_IT_IS_SENT = {"delay": 60}, {"delay": 60, "after": True}


class EveryBroker:
    kind: ClassVar[str]
    killed: ClassVar[dict[str, Any]]

    def test_a_push_travels_from_a_request_to_a_phone(self, line: Line, platform: Simulator, api, cast):
        reply = api(cast.han).post(f"/visits/{visit_of(cast.li).pk}/comments", {"text": "陈列不错"})
        assert reply.status_code == 201, reply.content
        all_arrived(platform, 1)
        [card] = platform.messages("LiLei")
        assert (card["content"]["title"], card["content"]["description"]) == ("韩梅梅点评了您的拜访", "陈列不错")
        assert Message.objects.get().attempts == 1

    def test_a_worker_is_killed_in_the_middle_of_a_push(self, line: Line, platform: Simulator, cast):
        platform.faults({"path": SEND, **self.killed})
        tell(cast.li, "在吗")
        eventually(lambda: platform.requests(SEND), what="the worker to send")
        line.worker.kill()
        [line.worker] = line.start(WORKER)
        all_arrived(platform, 1)
        assert Message.objects.get().attempts == len(platform.requests(SEND)) > 1


class BrokerThatCanFail(EveryBroker):
    def test_the_broker_is_down_during_a_request(self, line: Line, platform: Simulator, api, cast):
        line.broker.kill()
        seen = line.dispatcher.said("broker unavailable")
        reply = api(cast.han).post(f"/visits/{visit_of(cast.li).pk}/comments", {"text": "陈列不错"})
        assert reply.status_code == 201, reply.content
        line.dispatcher.wait_for("broker unavailable", times=seen + 1)
        assert platform.messages() == []
        line.broker.start()
        all_arrived(platform, 1)
        assert line.dispatcher.is_alive
        assert line.worker.is_alive


class TestRabbitMQ(BrokerThatCanFail):
    kind, killed = "rabbitmq", AFTER_IT_IS_SENT


class TestRedis(BrokerThatCanFail):
    kind, killed = "redis", AFTER_IT_IS_SENT

    def test_only_the_workers_children_are_killed(self, line: Line, platform: Simulator, cast):
        """As the kernel does when memory runs out."""
        platform.faults({"path": SEND, **BEFORE_IT_IS_SENT})
        tell(cast.li, "在吗")
        eventually(lambda: platform.requests(SEND), what="the worker to send")
        for child in psutil.Process(line.worker.pid).children():
            child.kill()
        all_arrived(platform, 1)
        assert line.worker.is_alive

    def test_two_dispatchers_and_two_workers_share_the_work(self, line: Line, platform: Simulator, cast):
        more = line.start(DISPATCHER, WORKER)
        for number in range(8):
            for person in (cast.li, cast.han, cast.zhao):
                tell(person, f"第 {number} 条")
        all_arrived(platform, 24)
        assert len(platform.requests(SEND)) == 24
        for program in more:
            program.kill()


class TestFilesystem(EveryBroker):
    kind, killed = "filesystem", BEFORE_IT_IS_SENT

    def test_the_dispatcher_is_killed(self, line: Line, platform: Simulator, cast):
        line.dispatcher.kill()
        tell(cast.li, "在吗")
        [line.dispatcher] = line.start(DISPATCHER)
        all_arrived(platform, 1)

    def test_the_database_restarts_while_the_dispatcher_listens(self, line: Line, platform: Simulator, cast):
        seen = line.dispatcher.said("database unavailable")
        with psycopg.connect(**_database("postgres"), autocommit=True) as administrator:
            name = connection.settings_dict["NAME"]
            administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            try:
                theirs = "pg_stat_activity WHERE datname = %s AND application_name = %s"
                ended = administrator.execute(
                    f"SELECT pg_terminate_backend(pid, 5000) FROM {theirs}", [name, line.name]
                )
                assert ended.fetchall()
                tell(cast.li, "在吗")
                line.dispatcher.wait_for("database unavailable", times=seen + 2)
            finally:
                administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        all_arrived(platform, 1)
        assert line.dispatcher.is_alive
        assert line.worker.is_alive
