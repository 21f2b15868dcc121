"""`make bench`; `ARGS=--quick` for a first impression in about a minute, on a tenth of a tenth of the data."""

import argparse
import fcntl
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from backend.embedded import postgres
from infra.bench import databases, queries, report, restart, run
from infra.bench.databases import ROOT, RUN
from infra.bench.filling import sizes
from infra.bench.filling.sizes import Sizes
from infra.bench.measure import Load
from infra.bench.scenarios import SCENARIOS
from infra.bench.servers import WebServer

WAIQIN, FLOOR = "backend.wsgi:application", "infra.bench.floor.app:application"
FREE_EVERYBODY = (
    "UPDATE visits_visit SET status = 'completed', checked_out_at = now(), closed_by = 'owner' WHERE status = 'open'"
)
ASKED_DURING_RESTART = ("visit_list", "visit_detail", "stock_lookup")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="make bench")
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    RUN.mkdir(parents=True, exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("另一个 make bench 正在运行 / another make bench is running", file=sys.stderr)
            return 1
        return bench(
            "quick" if quick else "full", sizes.QUICK if quick else sizes.FULL, run.QUICK if quick else run.FULL
        )


def bench(kind: str, size: Sizes, effort: run.Effort) -> int:
    began = time.monotonic()
    with ExitStack() as stack:
        server = databases.start()
        stack.callback(postgres.release, server)
        once, tenfold, scratch = f"bench_{kind}", f"bench_{kind}_10x", f"bench_{kind}_run"
        fill(server, {once: size, tenfold: size.grown(10)})
        databases.copy(server, once, scratch)
        told, told_grown = plan(server, scratch), plan(server, tenfold)
        (RUN / "floor.json").write_text(json.dumps(told["floor"]))
        environment = databases.environment(server, scratch)
        web = WebServer("waiqin", WAIQIN, environment)
        floor = WebServer("floor", FLOOR, environment | {"FLOOR_PLAN": str(RUN / "floor.json")})
        grown = WebServer("waiqin-10x", WAIQIN, databases.environment(server, tenfold))
        for each in (web, floor, grown):
            stack.callback(each.stop)
        for each in (web, floor, grown):
            each.await_ready()
        load = Load()
        stack.callback(load.close)

        made = queries.count(server, scratch, web, told["requests"])
        databases.execute(server, scratch, FREE_EVERYBODY)
        sides = (
            run.Side(web, told["requests"]),
            run.Side(floor, told["requests"]),
            run.Side(grown, told_grown["requests"]),
        )
        measuring = run.Run(load, effort, *sides, reset=lambda: databases.execute(server, scratch, FREE_EVERYBODY))
        results: list[run.Result] = []
        for scenario in SCENARIOS:
            print(f"  {scenario.name} ...", flush=True)
            results += measuring.results(scenario)
        print("  restart ...", flush=True)
        asked = [request for name in ASKED_DURING_RESTART for request in told["requests"][name][:200]]
        restarted = restart.under_load(server, web, load, asked)
    rows = report.entries(results, made, restarted)
    (ROOT / ".run" / "bench.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    print(report.summary(rows, restarted, kind=kind, size=size, seconds=time.monotonic() - began))
    return 0


def fill(server: postgres.Server, wanted: dict[str, Sizes]) -> None:
    """Side by side; each only if it is not there as wanted."""
    filling = {name: databases.begin_to_fill(server, name, size) for name, size in wanted.items()}
    for name, process in filling.items():
        if process is None:
            continue
        if process.wait():
            raise SystemExit(f"{name} 未能填充 / could not be filled")
        databases.keep(server, name, wanted[name])


def plan(server: postgres.Server, database: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "infra.bench.plan"]
    environment = databases.environment(server, database)
    told: dict[str, Any] = json.loads(subprocess.check_output(command, cwd=ROOT, env=environment))
    return told


if __name__ == "__main__":
    sys.exit(main())
