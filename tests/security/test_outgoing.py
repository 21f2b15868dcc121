"""We call only whom the settings or an administrator name, never where an answer leads, and no inner address."""

import ast
import socket
import threading
from urllib.parse import urlsplit

import pytest

from backend.core import clock
from backend.core.errors import Invalid
from backend.erp import transport
from backend.erp.services.systems import put_system
from backend.files.s3_storage import S3Storage
from backend.files.storage import Stored
from backend.wechat import transport as platform
from backend.wechat.errors import Configuration
from tests.architecture.sources import CODE, trees

NETWORK = {"requests", "urllib3", "http.client", "urllib.request", "socket", "httpx", "aiohttp", "boto3", "smtplib"}
CALLERS = {
    "backend/erp/transport.py": "to the address that stands in the ERP's row",
    "backend/wechat/transport.py": "to the addresses of the settings",
    "backend/wechat/wire.py": "for it, so that connections end in time",
    "backend/files/s3_storage.py": "to S3_ENDPOINT",
    "backend/embedded/postgres.py": "its own socket in a folder",
}
INNER = {
    "loopback": "127.0.0.1",
    "loopback of IPv6": "::1",
    "private": "10.1.2.3",
    "private, large": "172.16.0.1",
    "private, small": "192.168.1.1",
    "carrier": "100.64.0.1",
    "this network": "0.0.0.0",
    "cloud metadata": "169.254.169.254",
    "link-local of IPv6": "fe80::1%eth0",
    "unique local": "fd00::1",
    "IPv4 within IPv6": "::ffff:10.0.0.1",
    "IPv4 by NAT64": "64:ff9b::a00:1",
    "IPv4 by 6to4": "2002:a00:1::1",
    "multicast": "224.0.0.1",
    "multicast of IPv6": "ff02::1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "documentation": "192.0.2.1",
}
NEVER = (
    "0.0.0.0",
    "169.254.169.254",
    "fe80::1%eth0",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
)


def test_only_known_modules_reach_out():
    found = set()
    for path, tree in trees(*CODE):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name in NETWORK or name.split(".")[0] in NETWORK for name in names):
                found.add(str(path))
    assert found == set(CALLERS)


@pytest.fixture
def resolve(monkeypatch):
    """Every name stands for these addresses, and nothing is really connected to."""

    def to(*addresses: str) -> list[str]:
        connected: list[str] = []
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(transport.socket, "getaddrinfo", lambda *a, **k: rows)

        def pool(parts, address):
            connected.append(address)
            raise transport.HTTPError("stopped by the test")

        monkeypatch.setattr(transport, "_pool", pool)
        return connected

    return to


def push(url: str = "https://erp.example.com/hook", *, on_premise: bool = False) -> None:
    transport.post(url, body=b"{}", headers={}, on_premise=on_premise)


@pytest.mark.parametrize("address", INNER.values(), ids=INNER)
def test_a_name_that_leads_inside_is_not_called(resolve, address):
    connected = resolve(address)
    with pytest.raises(transport.NotAllowed):
        push()
    assert not connected


@pytest.mark.parametrize("address", INNER.values(), ids=INNER)
def test_one_inner_address_among_outer_ones_is_enough(resolve, address):
    connected = resolve("93.184.215.14", address)
    with pytest.raises(transport.NotAllowed):
        push()
    assert not connected


@pytest.mark.parametrize("address", NEVER)
def test_some_are_not_called_on_premises_either(resolve, address):
    connected = resolve(address)
    with pytest.raises(transport.NotAllowed):
        push(on_premise=True)
    assert not connected


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.1", "fd00::1", "127.0.0.1", "::1", "93.184.215.14"])
def test_on_premises_the_administrators_word_counts(resolve, address):
    connected = resolve(address)
    with pytest.raises(transport.Unanswered):
        push("http://erp.local/hook", on_premise=True)
    assert connected == [address]


def test_a_second_answer_of_the_name_server_leads_nowhere_else(resolve, monkeypatch):
    """DNS rebinding: the address that was checked is the one that is connected to."""
    connected = resolve("93.184.215.14")
    good, asked = transport.socket.getaddrinfo, []

    def rebinding(*args, **kwargs):
        asked.append(args)
        return good() if len(asked) == 1 else [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr(transport.socket, "getaddrinfo", rebinding)
    with pytest.raises(transport.Unanswered):
        push()
    assert (connected, len(asked)) == (["93.184.215.14"], 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/hook",
        "ftp://erp.example.com/hook",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "https://user:password@erp.example.com/",
        "https:///hook",
        "https://erp.example.com:99999/",
        "https://erp.example.com/#x",
        "//erp.example.com/",
        "javascript:alert(1)",
    ],
)
def test_only_https_addresses_can_be_entered_or_called(cast, url):
    with pytest.raises(transport.NotAllowed):
        push(url)
    with pytest.raises(Invalid):
        put_system(actor=cast.actor(cast.qian), code="k3", name="金蝶", push_url=url, at=clock.now())


@pytest.mark.parametrize(
    "path", ["http://evil.example/x", "//evil.example/x", "../x", "cgi-bin/../../x", "cgi-bin/x?y", "cgi-bin/x#y", "@x"]
)
def test_nothing_leads_out_of_the_platforms_address(path):
    with pytest.raises(Configuration, match="refused"):
        platform.call("GET", path, base=platform.WECOM, params={})


@pytest.mark.parametrize(
    "base", ["ftp://qyapi.weixin.qq.com", "https://user@evil.example", "https://x/?y", "", "qyapi"]
)
def test_a_platform_address_must_be_one(settings, base):
    settings.WECOM_API_BASE = base
    with pytest.raises(Configuration):
        platform.call("GET", "cgi-bin/gettoken", base=platform.WECOM, params={})


def test_the_platform_cannot_send_us_elsewhere(settings):
    listener = socket.create_server(("127.0.0.1", 0))
    elsewhere = socket.create_server(("127.0.0.1", 0))
    elsewhere.settimeout(0.2)

    def redirect() -> None:
        with listener.accept()[0] as connection:
            connection.recv(65536)
            target = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
            connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    threading.Thread(target=redirect, daemon=True).start()
    settings.WECOM_API_BASE = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Configuration, match="HTTP 302"):
        platform.call("GET", "cgi-bin/gettoken", base=platform.WECOM, params={"corpsecret": "x"})
    with pytest.raises(TimeoutError):
        elsewhere.accept()
    listener.close()
    elsewhere.close()


def test_an_object_storage_is_called_by_its_setting_alone(settings):
    storage = S3Storage(
        bucket="b", endpoint="https://s3.example.com", region="us-east-1", access_key="k", secret_key="s" * 20
    )
    at = clock.now()
    stored = Stored(attachment_id=at, key="//evil.example/../x", name="x", content_type="image/png", inline=True)
    assert urlsplit(storage.link(stored, expires_at=at.replace(year=at.year + 1))).hostname.endswith("s3.example.com")
