"""What the security tests tried, as a table at the end of the run that contains them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

PROPERTY = "security"


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """`tally("expired token", 98)`: so many calls were made; the test that made them fails where one got through."""
    return lambda what, calls: record_property(PROPERTY, [what, calls])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    calls: dict[str, int] = defaultdict(int)
    failed: set[str] = set()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, value in report.user_properties:
                if name == PROPERTY and report.when == "call":
                    calls[value[0]] += value[1]
                    failed |= {value[0]} if outcome == "failed" else set()
    if not calls:
        return
    terminalreporter.section("安全测试 / security: calls that must get nowhere")
    for what, count in sorted(calls.items()):
        terminalreporter.write_line(f"{'FAIL' if what in failed else 'ok  '}  {count:>6}  {what}")
    terminalreporter.write_line(f"      {sum(calls.values()):>6}  calls")
