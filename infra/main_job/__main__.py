"""`python -m infra.main_job`: see --help."""

import argparse
import os
import sys
from pathlib import Path
from urllib.error import URLError

from backend.core.text import in_both
from infra.demo.paths import ROOT
from infra.main_job.job import MainJob
from infra.main_job.track import read_track, usual_track
from infra.main_job.transcript import Transcript


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.main_job",
        description=in_both("对运行中的演示系统走一遍主流程", "Walk through the main job on a running demo"),
    )
    port = os.environ.get("PORT") or "8000"
    parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="of the server; %(default)s")
    parser.add_argument("--track", type=Path, default=usual_track(), help="GPS track in the GeoLife form; %(default)s")
    options = parser.parse_args()
    run_dir = Path(os.environ.get("RUN_DIR") or ROOT / ".run")
    transcript = Transcript()
    try:
        track = read_track(options.track.read_text())
        MainJob(options.url, run_dir=run_dir, track=track, transcript=transcript).run()
    except FileNotFoundError as error:
        parser.error(f"{error.filename}: {in_both('没有；请先 make demo', 'missing; make demo first')}")
    except URLError as error:
        parser.error(f"{options.url}: {error.reason}")
    failed = "".join(f"\n   ✗ {what}" for what in transcript.failed)
    print(f"\n{transcript.checks} 项检查，{len(transcript.failed)} 项不符 · checks, not as expected{failed}")
    return 1 if transcript.failed else 0


if __name__ == "__main__":
    sys.exit(main())
