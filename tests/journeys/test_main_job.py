"""The main job through the whole product: real processes, real HTTP, real input."""

import subprocess
import sys

import pytest

from infra.demo.own import DATA
from infra.demo.paths import ROOT
from infra.main_job.job import MainJob
from infra.main_job.track import read_track, usual_track
from infra.main_job.transcript import Transcript

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("demo")]
CHECKS = 71
"""A step that silently checks less has lost something."""


def test_every_step_ends_as_it_should(demo):
    transcript = Transcript()
    track = read_track(usual_track().read_text())
    MainJob(demo.url, run_dir=demo.run_dir, track=track, transcript=transcript).run()
    assert transcript.failed == []
    assert transcript.checks == CHECKS


def test_the_script_does_the_same_again_with_our_own_track(demo):
    done = subprocess.run(
        [sys.executable, "-m", "infra.main_job", "--track", str(DATA / "track.plt")],
        cwd=ROOT,
        env=demo.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{CHECKS} 项检查，0 项不符" in done.stdout, done.stdout[-5000:] + done.stderr[-2000:]
    assert done.returncode == 0
