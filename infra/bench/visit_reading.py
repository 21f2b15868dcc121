"""`python -m infra.bench.visit_reading [VISITS]`: what reading visits takes among 400,000 of them.

Filled once and kept; asked as the routers ask, by a rep, a manager of a region and who sees all. They are two years of
a company, evenly, so a month is about 16,000 visits.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from backend.embedded import postgres
from infra.bench import databases
from infra.bench.filling.sizes import Sizes

NAME = "waiqin_reading"
TIMES = 40
PAGE = 21


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.visit_reading")
    arguments.add_argument("visits", nargs="?", type=int, default=400_000)
    count: int = arguments.parse_args().visits
    server = databases.start()
    name = f"{NAME}_{count}"
    _fill(server, name, Sizes(visits=count, orders=2_000, products=2_000, requests=200))
    os.environ |= databases.environment(server, name)
    import django

    django.setup()
    from backend.core import clock
    from backend.directory.models import Employee
    from backend.directory.selectors import actor_for

    at = clock.now()
    people = {"his own": "R0007", "a region": "G1", "all": "A1"}
    company = {"company__code": "bench"}
    actors = {who: actor_for(Employee.objects.get(number=number, **company)) for who, number in people.items()}
    print(f"{count} visits{'':16} {'who':9} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}")
    for who, actor in actors.items():
        for what, ask in _asked(actor, at).items():
            times = sorted(_measured(ask))
            p50, p95 = (times[int(len(times) * share)] for share in (0.5, 0.95))
            print(f"{what:30} {who:9} {p50:8.1f} {p95:8.1f} {times[-1]:8.1f}")
    _picture(actors["all"], at)
    _export(actors["all"], at)


def _fill(server: postgres.Server, name: str, sizes: Sizes) -> None:
    """What was filled only in part begins anew; migrations that came since are made up for."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    environment = databases.environment(server, name)
    with databases.connected(server) as connection:
        if connection.execute(query, [name]).fetchone() == ("filled",):
            subprocess.check_call([sys.executable, "manage.py", "migrate", "-v0"], cwd=databases.ROOT, env=environment)
            return
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    postgres.create_database(server, name)
    command = [sys.executable, "-m", "infra.bench.filling", json.dumps(asdict(sizes))]
    subprocess.check_call(command, cwd=databases.ROOT, env=environment)
    with databases.connected(server) as connection:
        connection.execute(f"COMMENT ON DATABASE {name} IS 'filled'")


def _asked(actor: Any, at: Any) -> dict[str, Callable[[], object]]:
    from backend.visits.rules import Verdict
    from backend.visits.selectors import hot
    from backend.visits.selectors.feed import Sieve, feed
    from backend.visits.selectors.statistics import By, statistics

    chance, today = random.Random(7), at.date()

    def some_time() -> Any:
        """Somewhere in the two years, so that no page is asked for twice."""
        return at - timedelta(minutes=chance.randrange(365 * 24 * 60)), hot.FIRST_ID

    def figures(by: By, days: int) -> Callable[[], object]:
        first = today - timedelta(days=days)
        return lambda: statistics(actor=actor, first=first, last=today, by=by)

    def cards(sieve: Sieve, *, now: bool = False) -> Callable[[], object]:
        return lambda: feed(actor=actor, limit=PAGE, before=None if now else some_time(), sieve=sieve, at=at)

    return {
        "list": lambda: hot.newest_visits(actor=actor, limit=PAGE, before=some_time()),
        "feed": cards(Sieve()),
        "feed, unread": cards(Sieve(unread=True), now=True),
        "feed, unverifiable (none)": cards(Sieve(verdict=Verdict.UNVERIFIABLE), now=True),
        **{f"statistics, month by {by}": figures(by, 30) for by in By},
        "statistics, quarter by owner": figures(By.OWNER, 90),
        "statistics, quarter by week": figures(By.WEEK, 90),
        "statistics, year by department": figures(By.DEPARTMENT, 364),
    }


def _measured(ask: Callable[[], object]) -> Iterator[float]:
    """In ms, until TIMES of them or three seconds."""
    ask()
    until = time.perf_counter() + 3
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        yield (time.perf_counter() - began) * 1000
        if time.perf_counter() > until:
            return


def _picture(actor: Any, at: Any) -> None:
    from backend.core.clock import today_in
    from backend.directory.models import Employee
    from backend.visits import route_picture
    from backend.visits.services.day_routes import read_route

    rep = Employee.objects.get(company__code="bench", number="R0007")
    day = today_in("Asia/Shanghai", at - timedelta(days=2))
    route = read_route(actor=actor, owner_id=rep.pk, on=day, exact=False, at=at)
    times = sorted(_measured(lambda: route_picture.draw(route)))
    what = f"picture of {len(route.stops)} stops"
    print(f"{what:30} {'all':9} {times[len(times) // 2]:8.1f} {'':8} {times[-1]:8.1f}")


def _export(actor: Any, at: Any) -> None:
    """Half a year as a workbook, as the job writes it."""
    from backend.core.workbooks import SheetWriter, writing
    from backend.exports import kinds

    kind = kinds.named("visits")
    filters = {"first": str(at.date() - timedelta(days=182)), "last": str(at.date())}
    columns = kind.columns(actor, filters)
    before, began = _peak_mb(), time.perf_counter()
    with tempfile.TemporaryFile() as file:
        with writing(file) as book:
            sheet = SheetWriter(book, "visits", [column.heading for column in columns])
            for rows in kind.portions(actor, filters, [column.key for column in columns]):
                sheet.add(rows)
        size = file.seek(0, 2)
    took, more = time.perf_counter() - began, _peak_mb() - before
    print(f"export of {sheet.rows} visits: {took:.0f} s, {size / 2**20:.0f} MB, {more:.0f} MB of memory more")


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
