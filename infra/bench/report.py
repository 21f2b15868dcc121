"""The table for people and the list for machines."""

import os
import platform
from collections.abc import Sequence
from typing import Any

from infra.bench.filling.sizes import Sizes
from infra.bench.restart import Restarted
from infra.bench.run import Result
from infra.bench.scenarios import TARGETS_AT

HEADER = (
    "scenario",
    "conns",
    "rps",
    "p50 ms",
    "p99 ms",
    "CPU ms",
    "web+pg",
    "queries",
    "floor rps",
    "ratio",
    "10x rows",
)
MISS = "*"


def entries(results: Sequence[Result], queries: dict[str, int], restarted: Restarted) -> list[dict[str, Any]]:
    """`cpu_ms` is of web server and PostgreSQL for one request; null is what was not measured."""
    measured = [
        {
            "name": result.scenario.name,
            "connections": result.connections,
            "rps": round(result.ours.rps, 1),
            "p50_ms": round(result.ours.within_ms(0.5), 2),
            "p99_ms": round(result.ours.within_ms(0.99), 2),
            "cpu_ms": round(result.ours.cpu_ms, 3),
            "queries": queries[result.scenario.name],
            "floor_ratio": round(result.floor_ratio, 3),
            "growth_10x": None if result.growth is None else round(result.growth, 3),
            "server_ms": round(result.ours.server_ms, 3),
            "postgres_ms": round(result.ours.postgres_ms, 3),
            "floor_rps": round(result.floor.rps, 1),
            "floor_cpu_ms": round(result.floor.cpu_ms, 3),
            "missed": missed(result, queries[result.scenario.name]),
        }
        for result in results
    ]
    return [*measured, _entry(restarted)]


def _entry(restarted: Restarted) -> dict[str, Any]:
    unmeasured = dict.fromkeys(("p50_ms", "p99_ms", "cpu_ms", "queries", "floor_ratio", "growth_10x"))
    return {
        "name": "restart",
        "connections": restarted.connections,
        "rps": round(restarted.rps, 1),
        **unmeasured,
        "gap_s": round(restarted.gap_s, 2),
        "statuses": {"before": restarted.before, "during": restarted.during, "after": restarted.after},
        "missed": ["statuses"] if restarted.failures else [],
    }


def missed(result: Result, queries: int) -> list[str]:
    """Names of the targets that were not reached."""
    if result.connections != TARGETS_AT:
        return []
    target = result.scenario
    found = []
    if result.ours.cpu_ms > target.cpu_ms:
        found.append("cpu_ms")
    if target.queries is not None and queries > target.queries:
        found.append("queries")
    if target.floor_ratio is not None and result.floor_ratio < target.floor_ratio:
        found.append("floor_ratio")
    if target.growth is not None and result.growth is not None and result.growth > target.growth:
        found.append("growth_10x")
    return found


def summary(rows: Sequence[dict[str, Any]], restarted: Restarted, *, kind: str, size: Sizes, seconds: float) -> str:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    rows_told = f"{size.visits:,} 拜访 visits, {size.orders:,} 订单 orders, {2 * size.products:,} 库存行 stock rows"
    answered = f"{dict(restarted.during)}; 恢复后 / once it was back {dict(restarted.after)}"
    lines = [
        f"\n{rows_told} ({kind}); Python {platform.python_version()}, {os.cpu_count()} CPU\n",
        table(rows),
        f"\n{MISS} 未达标 / misses its target",
        "CPU ms: web + PostgreSQL, 每个请求 / for one request; ",
        "floor: 同样的 SQL 与 JSON，仅用 psycopg / the same SQL and JSON from bare psycopg",
        "10x rows: 十倍数据时的 CPU 之比 / CPU at ten times the rows by CPU at once",
        f"restart: 数据库离开 / database away {restarted.gap_s:.1f} s: {answered}{MISS if restarted.failures else ''}",
        f"系统负载 / load average {load}; 用时 / took {seconds:.0f} s; .run/bench.json",
    ]
    return "\n".join(lines)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A target that was missed has an asterisk."""
    lines = [HEADER, *(_cells(row) for row in rows if row["name"] != "restart")]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    def marked(name: str, form: str) -> str:
        return "" if row[name] is None else format(row[name], form) + (MISS if name in row["missed"] else " ")

    return (
        row["name"],
        str(row["connections"]),
        f"{row['rps']:.0f}",
        f"{row['p50_ms']:.1f}",
        f"{row['p99_ms']:.1f}",
        marked("cpu_ms", ".2f"),
        f"{row['server_ms']:.2f}+{row['postgres_ms']:.2f}",
        marked("queries", "d"),
        f"{row['floor_rps']:.0f}",
        marked("floor_ratio", ".2f"),
        marked("growth_10x", ".2f"),
    )
