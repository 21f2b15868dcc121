"""Signs some hundred people in by each door, first one after the other and then eight at once, and prints how long each
had to wait. Password hashing counts, and so does the simulator, which shares the machine."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from psycopg import sql

from backend.embedded import postgres
from infra.bench import databases
from infra.bench.databases import ROOT, RUN
from infra.bench.measure import Load, Measured
from infra.bench.servers import WebServer
from infra.bench.supply import Requests

PEOPLE = 440
WARM, ALONE, TOGETHER = 20, 100, 320
CONNECTIONS = 8
DATABASE = "bench_doors"


def main() -> int:
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
            "DOORS_PEOPLE": str(PEOPLE),
        }
        command = [sys.executable, "-m", "infra.bench.doors.plan"]
        requests = json.loads(subprocess.check_output(command, cwd=ROOT, env=environment))["requests"]
        web = WebServer("doors", "backend.wsgi:application", environment)
        stack.callback(web.stop)
        web.await_ready()
        load = Load()
        stack.callback(load.close)
        print(f"{'':18}{'1 connection':>18}{f'{CONNECTIONS} connections':>26}")
        print(f"{'door':18}{'p50 ms':>9}{'p99 ms':>9}{'p50 ms':>10}{'p99 ms':>9}{'per s':>7}{'CPU ms':>9}")
        for door, asked in requests.items():
            _block(load, web, asked[:WARM], 2)
            alone = _block(load, web, asked[WARM : WARM + ALONE], 1)
            many = _block(load, web, asked[WARM + ALONE : WARM + ALONE + TOGETHER], CONNECTIONS)
            print(
                f"{door:18}{alone.within_ms(0.5):9.1f}{alone.within_ms(0.99):9.1f}"
                f"{many.within_ms(0.5):10.1f}{many.within_ms(0.99):9.1f}{many.rps:7.0f}{many.cpu_ms:9.1f}",
                flush=True,
            )
    return 0


def _block(load: Load, web: WebServer, requests: Requests, connections: int) -> Measured:
    job = {"connections": connections, "requests": requests, "again": False, "seconds": 60.0, "warm_s": 0}
    return load.block(web, 200, job)[0]


@contextmanager
def _platform() -> Iterator[str]:
    command = [sys.executable, "-m", "infra.simulators.wechat", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().partition(" ")[2]
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
