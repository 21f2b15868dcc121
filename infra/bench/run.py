"""All scenarios in one run. Ours, the floor and ten times the rows take turns, so that whatever else the machine does
meets all of them."""

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from infra.bench.measure import Load, Measured
from infra.bench.queries import COUNTED
from infra.bench.scenarios import CONNECTIONS, TARGETS_AT, Scenario
from infra.bench.servers import WebServer
from infra.bench.supply import Always, Chain, Once, Requests, Supply

REVALIDATED = 400
"""Visits that the phones of `not_modified` hold."""


@dataclass(frozen=True, slots=True)
class Effort:
    blocks: int = 3
    """Of each server, for each scenario and number of connections."""
    block_s: float = 1.4
    warm_s: float = 0.3
    unmeasured: int = 2
    """Blocks before, for connections, plans and tokens."""


FULL = Effort()
QUICK = Effort(blocks=1, block_s=0.8, warm_s=0.2, unmeasured=1)


@dataclass(slots=True)
class Side:
    """A server and what it is asked, by scenario."""

    web: WebServer
    requests: dict[str, Requests]
    supply: dict[str, Supply] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    scenario: Scenario
    connections: int
    ours: Measured
    floor: Measured
    grown: Measured | None

    @property
    def floor_ratio(self) -> float:
        return self.ours.rps / self.floor.rps

    @property
    def growth(self) -> float | None:
        return None if self.grown is None else self.grown.cpu_ms / self.ours.cpu_ms


@dataclass(frozen=True, slots=True)
class Run:
    load: Load
    effort: Effort
    ours: Side
    floor: Side
    grown: Side
    reset: Callable[[], None]
    """Lets every person act again."""

    def results(self, scenario: Scenario) -> Iterator[Result]:
        both = (self.ours, self.floor)
        turns = (*both, self.grown) if scenario.growth else both
        self._supply(scenario)
        for _ in range(self.effort.unmeasured):
            for side in turns:
                self._block(scenario, side, CONNECTIONS[0])
        for connections in CONNECTIONS:
            turns = (*both, self.grown) if scenario.growth and connections == TARGETS_AT else both
            measured = [Measured() for _ in turns]
            for _ in range(self.effort.blocks):
                for side, total in zip(turns, measured, strict=True):
                    total.add(self._block(scenario, side, connections))
            ours, floor, *grown = measured
            yield Result(scenario, connections, ours, floor, grown[0] if grown else None)

    def _supply(self, scenario: Scenario) -> None:
        name, requests = scenario.name, self.ours.requests[scenario.name]
        if scenario.chain:
            phones = max(CONNECTIONS)
            self.ours.supply[name] = Chain(requests[:phones])
            self.floor.supply[name] = Chain(requests[phones : 2 * phones])
        elif scenario.once:
            people = len({request["token"] for request in requests})
            blocks = 2 * (self.effort.unmeasured + len(CONNECTIONS) * self.effort.blocks)
            size = people if scenario.one_each else len(requests) // blocks
            self.ours.supply[name] = self.floor.supply[name] = Once(requests[:-COUNTED], size)
        else:
            for side in (self.ours, self.floor, self.grown):
                asked = side.requests[name]
                side.supply[name] = Always(revalidating(side.web, asked) if scenario.status == 304 else asked)

    def _block(self, scenario: Scenario, side: Side, connections: int) -> Measured:
        supply = side.supply[scenario.name]
        job = {
            "connections": connections,
            "requests": supply.take(),
            "again": supply.again,
            "chain": scenario.chain,
            "seconds": self.effort.block_s * (10 if scenario.one_each else 1),
            "warm_s": self.effort.warm_s if supply.again else 0,
        }
        measured, chained = self.load.block(side.web, scenario.status, job)
        supply.used(chained)
        if scenario.one_each:
            self.reset()
        return measured


def revalidating(web: WebServer, details: Requests) -> Requests:
    """The same questions by phones that hold the answers."""
    asked = []
    for request in details[:REVALIDATED]:
        headers = {"Authorization": f"Bearer {request['token']}"}
        got = urllib.request.Request(f"http://127.0.0.1:{web.port}{request['path']}", headers=headers)
        with urllib.request.urlopen(got) as reply:
            asked.append(request | {"headers": {"If-None-Match": reply.headers["ETag"]}})
    return asked
