import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def together(n: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0..n-1)` in real threads that start at one moment; results, or the exceptions, in order.

    For tests marked `django_db(transaction=True)`: each thread has its own connection and commits.
    """
    gate = threading.Barrier(n)

    def run(i: int) -> Any:
        try:
            gate.wait()
            return work(i)
        except Exception as exc:
            return exc
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))
