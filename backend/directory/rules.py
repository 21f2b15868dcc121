"""Arithmetic of signing in (networks and hours), search keys of people, and the shape of the tree."""

import ipaddress
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import TypeVar

from backend.core.search import grams, initials, normalised, pinyin

K = TypeVar("K")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(text: str) -> Network:
    """A CIDR range, or one address. Raises ValueError; bits beyond the mask are refused, being a slip of the pen."""
    return ipaddress.ip_network(text.strip())


def address_within(address: str, networks: Collection[str]) -> bool:
    """Anywhere where no network is named. An IPv4 address written as IPv6 is the IPv4 address."""
    if not networks:
        return True
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = read.ipv4_mapped if isinstance(read, ipaddress.IPv6Address) else None
    return any((mapped or read) in network(text) for text in networks)


def within_hours(moment: datetime, *, weekdays: Collection[int], begins: time | None, ends: time | None) -> bool:
    """`moment` in the time zone of the company. From `begins` until just before `ends`; past midnight the hours belong
    to the day on which they began."""
    if begins is None or ends is None:
        return not weekdays or moment.isoweekday() in weekdays
    now, day = moment.time(), moment
    if begins < ends:
        inside = begins <= now < ends
    else:
        inside = now >= begins or now < ends
        if now < ends:
            day = moment - timedelta(days=1)
    return inside and (not weekdays or day.isoweekday() in weekdays)


def search_keys(*, name: str, number: str) -> tuple[str, list[str]]:
    """Name, pinyin, initials and number, one a line, and their grams for the index."""
    keys = list(filter(None, dict.fromkeys(map(normalised, (name, pinyin(name), initials(name), number)))))
    return "\n".join(keys), grams(*keys)


def in_circles(parents: Mapping[K, K | None], among: Iterable[K]) -> set[K]:
    """Those of `among` whose way up comes back to themselves. Each step of the way is walked once."""
    wanted = set(among)
    walked: set[K] = set()
    found: set[K] = set()
    for start in wanted:
        way: dict[K, int] = {}
        at: K | None = start
        while at is not None and at not in walked and at not in way:
            way[at] = len(way)
            at = parents.get(at)
        if at is not None and at in way:
            found.update(list(way)[way[at] :])
        walked.update(way)
    return found & wanted
