"""The programs of the demo, their ports, and what to tell the reader when they are up."""

import json
import os
import shlex
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.supervisor.programs import Program

BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
CELERY = [str(BIN / "celery"), "-A", "backend", "--quiet"]
SIMULATOR_ABOVE_WEB = 90
"""8090 beside 8000; so two demos on ports of their own do not reach for the same one."""


class PortError(Exception):
    """PORT cannot be used; the text tells the reader what to do."""


def web_port() -> int:
    """The port from PORT, 8000 if unset. Raises PortError if it is no port or is taken."""
    text = os.environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise PortError(
            f"PORT 必须是 1 到 65535 之间的端口号，当前为 {text!r}\n"
            f"PORT must be a port number from 1 to 65535, not {text!r}"
        )
    if not is_free(int(text)):
        raise PortError(
            f"端口 {text} 已被占用；请换一个，例如：make demo PORT=8001\n"
            f"Port {text} is taken; choose another with PORT, for example: make demo PORT=8001"
        )
    return int(text)


UNHURRIED = {name: os.environ.get(name, "10000") for name in ("PERSON_RATE", "ADDRESS_RATE")}
"""On one's own machine one person may ask as often as he can: who measures the demo shall not measure its limiter."""
WEB = UNHURRIED | {"PLATFORM_CALLS_AT_ONCE": "1"}
"""One less than the threads of a process, as everywhere."""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def simulator_port(web: int) -> int:
    """The port beside that of the web server if it is free, else any."""
    usual = web + SIMULATOR_ABOVE_WEB
    if usual < 65536 and is_free(usual):
        return usual
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def programs(port: int, simulator: int | None, run_dir: Path, logins: list[str]) -> list[Program]:
    """`simulator` is the port of the WeCom stand-in, None to run without; the demo's logins are added to `logins`.

    The stand-in starts with what the seed left for it in `run_dir`, so it knows it again after a fall.
    """
    granian = [str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    granian += ["--workers", "2", "--blocking-threads", "2", "--backlog", "512", "--no-ws", "backend.wsgi:application"]
    worker = [*CELERY, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--concurrency"]
    wecom = [sys.executable, "-m", "infra.simulators.wechat", "--port", str(simulator)]
    wecom += ["--seed", str(run_dir / "platform.json")]
    return [
        Program("migrate", [*MANAGE, "migrate", "--verbosity", "0"], once=True),
        Program("seed", [*MANAGE, "seed_demo", "--print-logins"], once=True, collect=logins),
        *([Program("wecom", wecom, ready_line="ready ")] if simulator else []),
        Program("worker", [*worker, "2"]),
        Program("long", [*worker, "1", "--queues", "long", "--hostname", "long@%h"]),
        Program("beat", [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile="]),
        Program("dispatcher", [*MANAGE, "dispatcher"]),
        # Last, because it is waited for while the others start, and the first to end, so that no request is cut off.
        Program("web", granian, essential=True, ready_url=f"http://127.0.0.1:{port}/readyz", environment=WEB),
    ]


def banner(port: int, wecom: str, logins: Sequence[str]) -> str:
    url = f"http://127.0.0.1:{port}"
    accounts = "\n".join(f"    {line}" for line in logins)
    return f"""
────────────────────────────────────────────────────────────────────────
  外勤已就绪 · Waiqin is ready

  接口文档        API docs          {url}/api/docs
  管理后台        Admin             {url}/admin/
  企业微信模拟器  WeCom simulator   {wecom}/

  演示账号 · Demo logins
{accounts}

  试一试 · Try it
    {try_it(url, logins)}

  按 Ctrl-C 停止全部进程 · Ctrl-C stops everything
────────────────────────────────────────────────────────────────────────
"""


def try_it(url: str, logins: Sequence[str]) -> str:
    """A command that logs in as the first demo person: a login line has company, number, password between tabs."""
    for line in logins:
        match line.split("\t"):
            case [company, number, password, *_]:
                device = {"id": "curl", "name": "curl"}
                body = {"company": company, "number": number, "password": password, "device": device}
                data = shlex.quote(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
                return f"curl -s {url}/api/v1/auth/password -H 'Content-Type: application/json' -d {data}"
    return f"curl -s {url}/readyz"
