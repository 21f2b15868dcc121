"""Our server with some hundred people, and the stand-in for both platforms they come by."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from psycopg import sql

from backend.embedded import postgres
from infra.bench import databases
from infra.bench.databases import ROOT, RUN
from infra.bench.measure import Load, Measured
from infra.bench.servers import WebServer
from infra.bench.supply import Requests

DATABASE = "bench_doors"


@dataclass(frozen=True, slots=True)
class Started:
    web: WebServer
    load: Load
    platform: str
    requests: dict[str, Requests]
    """By door, one of each person."""

    def block(self, requests: Requests, connections: int) -> Measured:
        job = {"connections": connections, "requests": requests, "again": False, "seconds": 60.0, "warm_s": 0}
        return self.load.block(self.web, 200, job)[0]


@contextmanager
def started(people: int) -> Iterator[Started]:
    RUN.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        server = databases.start()
        stack.callback(postgres.release, server)
        with databases.connected(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
        postgres.create_database(server, DATABASE)
        platform = stack.enter_context(_platform())
        environment = databases.environment(server, DATABASE) | {
            "ENVIRONMENT": "development",  # production speaks to the true platform only
            "WECOM_API_BASE": platform,
            "WECHAT_API_BASE": platform,
            "WECHAT_OAUTH_BASE": platform,
            "PLATFORM_CALLS_AT_ONCE": "1",  # of the server's two threads
            "DOORS_PEOPLE": str(people),
        }
        command = [sys.executable, "-m", "infra.bench.doors.plan"]
        requests = json.loads(subprocess.check_output(command, cwd=ROOT, env=environment))["requests"]
        web = WebServer("doors", "backend.wsgi:application", environment)
        stack.callback(web.stop)
        web.await_ready()
        load = Load()
        stack.callback(load.close)
        yield Started(web, load, platform, requests)


@contextmanager
def _platform() -> Iterator[str]:
    command = [sys.executable, "-m", "infra.simulators.wechat", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().partition(" ")[2]
        finally:
            process.terminate()
