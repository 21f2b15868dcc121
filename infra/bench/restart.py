"""The database restarts under load: what do phones see, and is all well once it is back?"""

from collections import Counter
from dataclasses import dataclass, field
from threading import Timer
from typing import Any

from backend.embedded import postgres
from infra.bench.databases import restart
from infra.bench.measure import Load
from infra.bench.servers import WebServer

CONNECTIONS = 8
SECONDS, RESTART_AFTER = 7.0, 2.0


@dataclass(slots=True)
class Restarted:
    gap_s: float
    rps: float
    connections: int = CONNECTIONS
    before: Counter[int] = field(default_factory=Counter)
    during: Counter[int] = field(default_factory=Counter)
    """By status, of requests sent before the database was back; 0 is a connection that broke."""
    after: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    """Replies 503 that do not say when to try again."""

    @property
    def failures(self) -> int:
        """What must not be: an error of the server once the database is back, and any but 503 in the gap."""
        late = sum(number for status, number in self.after.items() if status >= 500 or status == 0)
        wrong = sum(number for status, number in self.during.items() if status not in {200, 503})
        return late + wrong + self.without_retry_after


def under_load(server: postgres.Server, web: WebServer, load: Load, requests: list[dict[str, Any]]) -> Restarted:
    load.prepare(
        web, {"connections": CONNECTIONS, "seconds": SECONDS, "warm_s": 0.5, "requests": requests, "tolerant": True}
    )
    moments: list[tuple[float, float]] = []
    timer = Timer(RESTART_AFTER, lambda: moments.append(restart(server)))
    timer.start()
    result = load.run()
    timer.join()
    ((down, up),) = moments
    told = Restarted(gap_s=up - down, rps=len(result["latencies"]) / result["seconds"])
    for sent, answered, status, retry_after in result["outcomes"]:
        phase = told.before if answered < down else told.during if sent < up else told.after
        phase[status] += 1
        told.without_retry_after += status == 503 and not retry_after
    return told
