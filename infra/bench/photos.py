"""`python -m infra.bench.photos [--seconds N] [--per-minute N]`: what a stream of photos costs everybody else.

Phones ask for visits and stock at a steady pace; then other phones declare, put and complete photos of 12 megapixels
besides, which a worker verifies and renders. Everything is on this machine, also the bytes, which in production go
straight into the bucket: the web server has more to do here than there.
"""

import argparse
import hashlib
import http.client
import io
import itertools
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil
from PIL import Image

from backend.embedded import postgres
from infra.bench import databases
from infra.bench.__main__ import WAIQIN, fill, plan
from infra.bench.databases import ROOT, RUN
from infra.bench.filling import sizes
from infra.bench.servers import WebServer, cpu_seconds

NAME, SCRATCH = "bench_photos", "bench_photos_run"
HOME = RUN / "photos"
PHONES, ASKED_PER_SECOND = 8, 50
SENDERS = 8
ASKED = ("visit_list", "visit_detail", "stock_lookup")
CELERY = [sys.executable, "-m", "celery", "-A", "backend", "--quiet", "worker", "--loglevel", "WARNING"]
NOBODY = "http://127.0.0.1:1"
OUTSIDE = dict.fromkeys(("WECOM_API_BASE", "WECHAT_API_BASE", "WECHAT_OAUTH_BASE"), NOBODY)
"""For worker and dispatcher, which take files for a broker only on a desk."""
Request = dict[str, Any]


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.photos")
    arguments.add_argument("--seconds", type=int, default=30, help="of each of the three parts")
    arguments.add_argument("--per-minute", type=int, default=200)
    arguments.add_argument("--together", type=int, default=2, help="pictures that the worker makes at once")
    given = arguments.parse_args()
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    with ExitStack() as stack:
        server = databases.start()
        stack.callback(postgres.release, server)
        fill(server, {NAME: sizes.QUICK})
        databases.copy(server, NAME, SCRATCH)
        requests: dict[str, list[Request]] = plan(server, SCRATCH)["requests"]
        environment = databases.environment(server, SCRATCH) | {"RUN_DIR": str(HOME), "STORAGE": "local"}
        web = WebServer("photos", WAIQIN, environment)
        stack.callback(web.stop)
        web.await_ready()
        behind = environment | {"ENVIRONMENT": "development", "BROKER_URL": ""} | OUTSIDE
        worker = stack.enter_context(_running([*CELERY, "--concurrency", str(given.together)], behind))
        stack.enter_context(_running([sys.executable, "manage.py", "dispatcher"], behind))
        _measure(server, web, worker, requests, given.seconds, given.per_minute)
    return 0


def _measure(
    server: postgres.Server,
    web: WebServer,
    worker: psutil.Process,
    requests: dict[str, list[Request]],
    seconds: int,
    per_minute: int,
) -> None:
    asked = [requests[name][turn % len(requests[name])] for turn in range(300) for name in ASKED]
    tokens = sorted({request["token"] for request in requests["visit_list"]})
    photos = [_photo(number) for number in range(6)]
    print(
        f"photos of {min(map(len, photos)) / 1e6:.1f} to {max(map(len, photos)) / 1e6:.1f} MB, load {os.getloadavg()}"
    )
    _ask(web.port, asked, 5)
    before = _ask(web.port, asked, seconds)
    worked = cpu_seconds(worker)
    sender = multiprocessing.get_context("spawn").Process(
        target=_send_all, args=(web.port, tokens, photos, per_minute, seconds)
    )
    sender.start()
    time.sleep(3)  # it has to import what this file does
    during = _ask(web.port, asked, seconds - 3)
    sender.join()
    waiting = _waiting(server)
    ended = time.monotonic()
    while _waiting(server) and time.monotonic() < ended + 120:
        time.sleep(0.2)
    drained = time.monotonic() - ended
    done = _count(server, "SELECT count(*) FROM files_attachment WHERE status = 'ready' AND rendered = 1")
    worked = cpu_seconds(worker) - worked
    after = _ask(web.port, asked, seconds)
    alone = before + after
    print(f"{'':18}{'asked':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for name, latencies in (("without photos", alone), ("with photos", during)):
        print(f"{name:18}{len(latencies):8}{_within(latencies, 0.5):9.1f}{_within(latencies, 0.99):9.1f}")
    print(f"p99 with photos is {_within(during, 0.99) / _within(alone, 0.99):.2f} times that without")
    print(
        f"{done} photos in {seconds} s ({done * 60 / seconds:.0f} a minute), {waiting} waiting at the end, "
        f"none {drained:.1f} s later"
    )
    print(f"worker CPU for each photo {worked / max(done, 1):.3f} s; load {os.getloadavg()}")


def _ask(port: int, requests: list[Request], seconds: float) -> list[float]:
    """Latencies at ASKED_PER_SECOND, however long an answer takes: a late one is counted from when it was due."""
    latencies: list[float] = []
    supply, lock = enumerate(itertools.cycle(requests)), threading.Lock()
    began = time.monotonic()

    def phone() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while True:
            with lock:
                number, request = next(supply)
            due = began + number / ASKED_PER_SECOND
            if due > began + seconds:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            _asked(line, request["method"], request["path"], request["token"])
            latencies.append(time.monotonic() - due)

    _together(PHONES, phone)
    return latencies


def _send_all(port: int, tokens: list[str], photos: list[bytes], per_minute: int, seconds: int) -> None:
    """At a steady pace, each by somebody else and of bytes of its own."""
    supply, lock = itertools.count(), threading.Lock()
    began = time.monotonic()

    def phone() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                number = next(supply)
            due = began + number * 60 / per_minute
            if due > began + seconds:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            content = photos[number % len(photos)] + number.to_bytes(8, "big")
            _send(line, tokens[number % len(tokens)], content)

    _together(SENDERS, phone)


def _send(line: http.client.HTTPConnection, token: str, content: bytes) -> None:
    declaration = {
        "name": "shelf.jpg",
        "size": len(content),
        "type": "image/jpeg",
        "sha256": hashlib.sha256(content).hexdigest(),
        "purpose": "visit_photo",
    }
    declared = json.loads(_asked(line, "POST", "/api/v1/files", token, json.dumps(declaration).encode()))
    target = urlsplit(declared["upload"]["url"])
    _asked(line, "PUT", f"{target.path}?{target.query}", None, content, declared["upload"]["headers"])
    _asked(line, "POST", f"/api/v1/files/{declared['id']}/complete", token)


def _asked(
    line: http.client.HTTPConnection,
    method: str,
    path: str,
    token: str | None,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    sent = {"Content-Type": "application/json"} | (headers or {})
    sent |= {"Authorization": f"Bearer {token}"} if token else {}
    line.request(method, path, body, sent)
    reply = line.getresponse()
    content = reply.read()
    if reply.status >= 300:
        raise RuntimeError(f"{method} {path}: {reply.status} {content[:300]!r}")
    return content


def _together(number: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _photo(number: int) -> bytes:
    """12 megapixels of shapes, light and grain, as large as phones make them."""
    luck = random.Random(number)
    small = Image.frombytes("RGB", (40, 30), luck.randbytes(40 * 30 * 3))
    scene = small.resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((4000, 3000), 40).convert("RGB")
    out = io.BytesIO()
    Image.blend(scene, grain, 0.2).save(out, "JPEG", quality=luck.choice((80, 85, 88)))
    return out.getvalue()


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[psutil.Process]:
    with (HOME / f"{command[-1]}.log").open("w") as log:
        process = psutil.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except psutil.TimeoutExpired:
            for each in [*process.children(recursive=True), process]:
                each.kill()


def _waiting(server: postgres.Server) -> int:
    return _count(server, "SELECT count(*) FROM files_filejob WHERE finished_at IS NULL AND revision > 0")


def _count(server: postgres.Server, statement: str) -> int:
    with databases.connected(server, SCRATCH) as connection:
        row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _within(latencies: list[float], share: float) -> float:
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


if __name__ == "__main__":
    sys.exit(main())
