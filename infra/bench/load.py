"""The generator: keep-alive connections that ask again as soon as they are answered, in a process of its own.

`python -m infra.bench.load` reads jobs and tells results, one JSON object a line each. A job is prepared (connections,
warming), answered with `{}`, and measured when a further line comes; what is between the two answers counts.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

TIMEOUT_S = 20.0


@dataclass(slots=True)
class Tally:
    latencies: list[float] = field(default_factory=list)
    outcomes: list[tuple[float, float, int, bool]] = field(default_factory=list)
    """When sent, when answered, status (0: the connection broke), whether Retry-After was given."""


def message(host: str, request: dict[str, Any]) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    body = json.dumps(request["body"]).encode() if request.get("body") is not None else b""
    headers = {"Host": host, "User-Agent": "waiqin-bench/1.0", "Accept": "application/json", "Accept-Encoding": "gzip"}
    if token := request.get("token"):
        headers["Authorization"] = f"Bearer {token}"
    if request["method"] != "GET":
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= request.get("headers", {})
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request['method']} {request['path']} HTTP/1.1\r\n{head}\r\n".encode() + body


def read(buffer: bytes) -> tuple[int, bytes, bytes] | None:
    """Status, head and body once the reply is whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    status, head = int(buffer[9:12]), buffer[:end].lower()
    if status in {204, 304}:
        return status, head, b""
    start = head.index(b"content-length:") + 15
    length = int(head[start : head.find(b"\r\n", start) if b"\r\n" in head[start:] else None])
    body = buffer[end + 4 :]
    return (status, head, body) if len(body) >= length else None


class Phone:
    """One connection."""

    __slots__ = ("buffer", "chained", "port", "request", "sent", "socket")

    def __init__(self, port: int) -> None:
        self.port = port
        self.chained: dict[str, Any] | None = None
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def ask(self, data: bytes) -> None:
        self.sent = time.monotonic()
        self.socket.sendall(data)


class Generator:
    def __init__(self, job: dict[str, Any]) -> None:
        self.host = f"127.0.0.1:{job['port']}"
        self.chain: str | None = job.get("chain")
        self.tolerant: bool = job.get("tolerant", False)
        self.phones = [Phone(job["port"]) for _ in range(job["connections"])]
        requests = job["requests"]
        if self.chain:
            for phone, request in zip(self.phones, requests, strict=False):
                phone.chained = request
            self.source: Iterator[bytes] = cycle([b""])
        else:
            messages = [message(self.host, request) for request in requests]
            self.source = cycle(messages) if job.get("again", True) else iter(messages)

    def run(self, seconds: float) -> Tally:
        """Until the time is over or the requests are used up; every request sent is also answered."""
        tally = Tally()
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            for phone in self.phones:
                selector.register(phone.socket, selectors.EVENT_READ, phone)
                if not self._ask(phone):
                    selector.unregister(phone.socket)
            while selector.get_map():
                ready = selector.select(TIMEOUT_S)
                if not ready:
                    raise TimeoutError(f"no reply within {TIMEOUT_S} s")
                for key, _ in ready:
                    phone = key.data
                    if self._take(phone, tally, selector) and not (time.monotonic() < until and self._ask(phone)):
                        selector.unregister(phone.socket)
        return tally

    def _ask(self, phone: Phone) -> bool:
        data = message(self.host, phone.chained) if phone.chained else next(self.source, None)
        if data is None:
            return False
        phone.ask(data)
        return True

    def _take(self, phone: Phone, tally: Tally, selector: selectors.BaseSelector) -> bool:
        """Whether the reply is whole."""
        try:
            part = phone.socket.recv(262_144)
        except ConnectionError:
            part = b""
        if not part:
            if not self.tolerant:
                raise ConnectionError("the server closed a connection")
            tally.outcomes.append((phone.sent, time.monotonic(), 0, False))
            selector.unregister(phone.socket)
            phone.socket.close()
            phone.connect()
            selector.register(phone.socket, selectors.EVENT_READ, phone)
            return True
        phone.buffer += part
        reply = read(phone.buffer)
        if reply is None:
            return False
        now = time.monotonic()
        status, head, body = reply
        phone.buffer = b""
        tally.latencies.append(now - phone.sent)
        tally.outcomes.append((phone.sent, now, status, b"\r\nretry-after:" in head))
        if self.chain and phone.chained and status == 200:
            phone.chained["body"][self.chain] = json.loads(body)[self.chain]
        return True

    def close(self) -> None:
        for phone in self.phones:
            phone.socket.close()


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        generator = Generator(job)
        if job["warm_s"]:
            generator.run(job["warm_s"])
        print("{}", flush=True)
        sys.stdin.readline()
        began = time.monotonic()
        tally = generator.run(job["seconds"])
        result = {
            "seconds": time.monotonic() - began,
            "latencies": tally.latencies,
            "statuses": Counter(status for _, _, status, _ in tally.outcomes),
            "chained": [phone.chained for phone in generator.phones],
            "outcomes": tally.outcomes if generator.tolerant else [],
        }
        print(json.dumps(result), flush=True)
        generator.close()


if __name__ == "__main__":
    main()
