"""Buckets against floods: one for each person, one for each address, in the memory of each worker.

They cost a microsecond and no query, which a shared counter would on every request; so with n workers a caller gets up
to n times the rate (docs/adr/0010). Guesses at passwords are counted exactly, by rows: `directory.services.throttling`.
"""

import threading
import time
from collections import OrderedDict
from math import ceil

from django.conf import settings

from backend.core.addresses import network_of
from backend.core.errors import TooMany

REMEMBERED = 20_000
"""Keys of a bucket; the longest unused is forgotten first, so no flood of new addresses can fill the memory."""


class Buckets:
    """Each key may spend `burst` at once and regains `rate` a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def take(self, key: object, *, rate: float, burst: float) -> None:
        """Raises TooMany, with the whole seconds until there is something again, where nothing is left."""
        now = time.monotonic()
        with self._lock:
            left, seen = self._kept.get(key, (burst, now))
            left = min(burst, left + (now - seen) * rate)
            if left >= 1:
                self._kept[key] = left - 1, now
                self._kept.move_to_end(key)
                if len(self._kept) > REMEMBERED:
                    self._kept.popitem(last=False)
                return
        raise TooMany(retry_after_s=max(1, ceil((1 - left) / rate)))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_people, _addresses = Buckets(), Buckets()


def spend_for_person(employee_id: object) -> None:
    """Raises TooMany."""
    if employee_id is not None:
        _people.take(employee_id, rate=settings.PERSON_RATE, burst=settings.PERSON_RATE * settings.BURST_S)


def spend_for_address(address: str) -> None:
    """Raises TooMany."""
    _addresses.take(network_of(address), rate=settings.ADDRESS_RATE, burst=settings.ADDRESS_RATE * settings.BURST_S)


def clear() -> None:
    _people.clear()
    _addresses.clear()
