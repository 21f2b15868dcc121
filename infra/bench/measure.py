"""How many requests a second a server answers, how long each takes and how much CPU."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from infra.bench.databases import ROOT, postmaster
from infra.bench.servers import WebServer, cpu_seconds
from infra.bench.supply import Requests


@dataclass(slots=True)
class Measured:
    """Of one or several blocks, added up."""

    seconds: float = 0.0
    server_s: float = 0.0
    postgres_s: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def add(self, other: "Measured") -> None:
        self.seconds += other.seconds
        self.server_s += other.server_s
        self.postgres_s += other.postgres_s
        self.latencies += other.latencies

    @property
    def rps(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Of the web server and PostgreSQL together, for each request."""
        return self.server_ms + self.postgres_ms

    @property
    def server_ms(self) -> float:
        return self.server_s / len(self.latencies) * 1000

    @property
    def postgres_ms(self) -> float:
        return self.postgres_s / len(self.latencies) * 1000

    def within_ms(self, share: float) -> float:
        """The time within which this share of the requests was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class WrongAnswer(RuntimeError):
    """A server answered something else than it should have, so its speed means nothing."""


class Load:
    """The generator process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.bench.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def prepare(self, web: WebServer, job: dict[str, Any]) -> None:
        """Connects and warms up."""
        self._tell(json.dumps(job | {"port": web.port}))

    def run(self) -> dict[str, Any]:
        return self._tell("go")

    def block(self, web: WebServer, status: int, job: dict[str, Any]) -> tuple[Measured, Requests]:
        """What was measured, and with which requests a chain goes on. Raises WrongAnswer."""
        self.prepare(web, job)
        database = postmaster()
        server_s, postgres_s = cpu_seconds(web.process), cpu_seconds(database)
        result = self.run()
        server_s, postgres_s = cpu_seconds(web.process) - server_s, cpu_seconds(database) - postgres_s
        if result["statuses"].keys() != {str(status)}:
            raise WrongAnswer(f"{job['requests'][0]['path']}: {result['statuses']}; {web.log}")
        return Measured(result["seconds"], server_s, postgres_s, result["latencies"]), result["chained"]

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def _tell(self, line: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the load generator has ended")
        result: dict[str, Any] = json.loads(answer)
        return result
