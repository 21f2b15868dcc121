"""`python -m infra.simulators.wechat`: see --help."""

import argparse
import contextlib
import json
from pathlib import Path

from infra.simulators.wechat.server import Server
from infra.simulators.wechat.state import State


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m infra.simulators.wechat", description="企业微信模拟器 · a stand-in for WeCom"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 picks a free one")
    parser.add_argument("--seed", type=Path, help="a JSON file in the shape of POST /__sim/seed")
    options = parser.parse_args()
    try:
        state = State(json.loads(options.seed.read_text("utf-8")) if options.seed else None)
    except (OSError, ValueError) as error:
        parser.error(f"{options.seed}: {error}")
    with Server((options.host, options.port), state) as server:
        print(f"ready http://{options.host}:{server.server_port}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
