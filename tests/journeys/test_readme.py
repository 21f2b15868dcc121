"""The five-minute tour of the README, executed line by line by a shell, as a new user would."""

import re
import subprocess

import pytest

from infra.demo.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("demo")]
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def tour() -> list[str]:
    _, _, below = (ROOT / "README.md").read_text().partition("## 五分钟")
    return SHELL_BLOCK.findall(below)


def test_the_tour_runs_as_printed(demo):
    script = "set -euo pipefail\n" + "\n".join(tour())
    done = subprocess.run(["bash", "-c", script], env=demo.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert '"plans":[{' in said
    assert "completed" in said
    assert "approved" in said
    assert "样品快递" in said
    assert "available" in said


def test_the_first_screen_shows_just_the_two_commands():
    first = SHELL_BLOCK.search((ROOT / "README.md").read_text())
    assert first is not None
    assert [line.split("#")[0].strip() for line in first[1].splitlines()] == ["make demo", "make test"]
