"""One bounded POST to an address an administrator typed in: no redirects, no surprise hosts, and an honest answer to
the question whether the message may have arrived."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

CONNECT_S, READ_S = 3.05, 10.0
DEADLINE_S = 20.0
"""For the whole answer: `READ_S` alone would let a slow sender keep a worker for ever."""
MAX_ANSWER_BYTES = 64 * 1024


class NotAllowed(Exception):
    """The address may not be called, or cannot prove who it is. Nothing was sent."""


class NotSent(Exception):
    """No connection came about: the receiver has not seen the message."""


class Unanswered(Exception):
    """The message left and no whole answer came: the receiver may have acted on it."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


def post(url: str, *, body: bytes, headers: Mapping[str, str], on_premise: bool) -> Reply:
    """Raises NotAllowed, NotSent or Unanswered; any status is a Reply."""
    parts = checked(url, on_premise=on_premise)
    deadline = time.monotonic() + DEADLINE_S
    try:
        with _pool(parts, _address(parts, on_premise=on_premise)) as pool:
            response = pool.urlopen(
                "POST",
                parts._replace(scheme="", netloc="").geturl() or "/",
                body=body,
                headers={"Host": parts.netloc, "Content-Type": "application/json", **headers},
                redirect=False,
                preload_content=False,
            )
            return Reply(response.status, _read(response, deadline))
    except (NewConnectionError, ConnectTimeoutError) as exc:
        raise NotSent(_named(parts, exc)) from exc
    except SSLError as exc:
        raise NotAllowed(_named(parts, exc)) from exc
    except (HTTPError, OSError) as exc:
        raise Unanswered(_named(parts, exc)) from exc


def checked(url: str, *, on_premise: bool) -> SplitResult:
    """The parts of an address that may be called. Raises NotAllowed."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises ValueError where it is none
    except ValueError as exc:
        raise NotAllowed("not an address") from exc
    if not parts.hostname or parts.username or parts.fragment:
        raise NotAllowed("not an address")
    if parts.scheme != "https" and not (parts.scheme == "http" and on_premise):
        raise NotAllowed("only https, or http on premises")
    return parts


def _address(parts: SplitResult, *, on_premise: bool) -> str:
    """The IP address to connect to: looked up once and then kept to, so that no second answer can lead elsewhere."""
    try:
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise NotSent(_named(parts, exc)) from exc
    addresses = [str(row[4][0]) for row in found]
    if not all(_may_be_called(address, on_premise=on_premise) for address in addresses):
        raise NotAllowed(f"{parts.hostname} is a private address")
    return addresses[0]


def _may_be_called(address: str, *, on_premise: bool) -> bool:
    """Nobody's word opens what is no host: cloud metadata, multicast, and IPv4 addresses hidden in IPv6."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.sixtofour or ip.teredo:
            return False
        ip = ip.ipv4_mapped or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or (ip.is_reserved and not ip.is_loopback):
        return False
    return on_premise or ip.is_global


def _pool(parts: SplitResult, address: str) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, _port(parts), timeout=timeout, retries=False)
    return urllib3.HTTPSConnectionPool(
        address,
        _port(parts),
        timeout=timeout,
        retries=False,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    content = b""
    for chunk in response.stream(4096):
        content += chunk
        if len(content) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            raise OSError("the answer is too long or too slow")
    return content


def _named(parts: SplitResult, exc: Exception) -> str:
    """Without path and query, which may hold a key."""
    return f"{parts.hostname}: {type(exc).__name__}"
