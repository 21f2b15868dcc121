"""How long people wait who sign in by password while others come by WeChat, which answers or does not.

`python -m infra.bench.doors.silence` prints three rows: passwords alone, then beside phones that come by WeChat again
and again while it answers, then while it takes every connection and says nothing; the first seconds of that count.
"""

import json
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from itertools import count
from urllib.request import ProxyHandler, Request, build_opener

from infra.bench.doors.started import Started, started

ASKED, CONNECTIONS = 100, 2
PHONES = 6
PAUSE_S = 0.5
"""Less than `Retry-After` asks for: people are impatient."""


def main() -> int:
    with started(3 * ASKED + 20) as bench:
        passwords = bench.requests["login_password"]
        bench.block(passwords[:20], 2)
        print(f"{'':24}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}  WeChat")
        for number, row in enumerate(("passwords alone", "beside WeChat", "beside a silent WeChat")):
            asked = passwords[20 + number * ASKED : 20 + (number + 1) * ASKED]
            with_phones = Phones(bench, first=(number - 1) * len(passwords) // 2)
            if number == 2:
                _faults(bench, [{"path": "/sns/jscode2session", "delay": 3600, "count": None}])
            if number:
                with_phones.start()
            measured = bench.block(asked, CONNECTIONS)
            with_phones.stop()
            times = (measured.within_ms(0.5), measured.within_ms(0.99), measured.within_ms(1))
            print(f"{row:24}{''.join(f'{ms:9.1f}' for ms in times)}  {with_phones.told}", flush=True)
    return 0


class Phones:
    def __init__(self, bench: Started, first: int) -> None:
        self._bench, self._codes = bench, count(first)
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._come) for _ in range(PHONES)]
        self._seen: Counter[int] = Counter()
        self._longest = 0.0

    @property
    def told(self) -> str:
        answers = ", ".join(f"{number} x {status}" for status, number in sorted(self._seen.items()))
        return f"{answers}, at most {self._longest:.1f} s" if answers else "-"

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _come(self) -> None:
        requests = self._bench.requests["login_wechat"]
        while not self._ended.wait(PAUSE_S):
            request = requests[next(self._codes) % len(requests)]
            connection = HTTPConnection("127.0.0.1", self._bench.web.port, timeout=60)
            began = time.monotonic()
            body = json.dumps(request["body"])
            connection.request("POST", request["path"], body, {"Content-Type": "application/json"})
            self._seen[connection.getresponse().status] += 1
            self._longest = max(self._longest, time.monotonic() - began)
            connection.close()


def _faults(bench: Started, faults: list[dict[str, object]]) -> None:
    request = Request(f"{bench.platform}/__sim/faults", data=json.dumps({"faults": faults}).encode())
    build_opener(ProxyHandler({})).open(request).close()


if __name__ == "__main__":
    sys.exit(main())
