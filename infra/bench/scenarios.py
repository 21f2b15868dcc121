"""What is asked for, and what it may cost."""

from dataclasses import dataclass

CONNECTIONS = (8, 32)
TARGETS_AT = 8
"""Connections."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """The targets hold at 8 connections; where one is None, the figure is shown and nothing asked of it."""

    name: str
    cpu_ms: float
    """Target: of web server and PostgreSQL together for one request."""
    status: int = 200
    floor_ratio: float | None = None
    """Target: our requests a second by those of the floor."""
    queries: int | None = None
    growth: float | None = None
    """Target: CPU at ten times the rows by CPU at once the rows; measured only where it is one."""
    chain: str | None = None
    """The field of the reply that the next request of the same connection sends."""
    once: bool = False
    """Each request can be sent only once."""
    one_each: bool = False
    """A person can act once until he was made free again; so a block is one request of each."""


SCENARIOS = (
    Scenario("visit_list", cpu_ms=2.5, floor_ratio=0.5, queries=3, growth=1.2),
    Scenario("visit_list_manager", cpu_ms=2.5, floor_ratio=0.5, queries=3, growth=1.2),
    Scenario("visit_detail", cpu_ms=4, queries=4, growth=1.2),
    Scenario("not_modified", cpu_ms=1.5, status=304, queries=4, growth=1.2),
    Scenario("stock_lookup", cpu_ms=2.5, growth=1.2),
    Scenario("check_in", cpu_ms=6, once=True, one_each=True),
    Scenario("approve", cpu_ms=10, once=True),
    Scenario("refresh", cpu_ms=5, chain="refresh_token"),
)
