"""Whether a message may have arrived is told honestly."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backend.core import clock
from backend.erp import transport


@contextmanager
def server(answer: bytes | None) -> Iterator[str]:
    """Takes one connection and answers with these bytes; without any it only listens."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener.accept()[0] as connection, suppress(ConnectionError):
            connection.recv(65536)
            connection.sendall(answer or b"")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):  # closing with unread bytes would reset the connection
                pass

    thread = threading.Thread(target=serve, daemon=True)
    if answer is not None:
        thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook?x=1"
    finally:
        listener.close()


def post(url: str, on_premise: bool = True) -> transport.Reply:
    return transport.post(url, body=b"{}", headers={}, on_premise=on_premise)


def test_a_reply_is_a_reply_whatever_it_says():
    with server(b"HTTP/1.1 418 Teapot\r\nContent-Length: 2\r\n\r\nno") as url:
        assert post(url) == transport.Reply(418, b"no")


def test_a_redirect_is_not_followed():
    with server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as url:
        assert post(url).status == 302


def test_a_closed_port_has_not_seen_it():
    with server(None) as url:
        pass
    with pytest.raises(transport.NotSent):
        post(url)


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"what?\r\n\r\n"],
    ids=["none", "half", "no HTTP"],
)
def test_without_a_whole_answer_it_may_have_arrived(answer):
    with server(answer) as url, pytest.raises(transport.Unanswered):
        post(url)


def test_an_endless_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 100)
    with (
        server(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000) as url,
        pytest.raises(transport.Unanswered),
    ):
        post(url)


def test_a_slow_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(transport, "READ_S", 0.05)
    with server(None) as url, pytest.raises(transport.Unanswered):
        post(url)


def test_who_cannot_prove_his_name_gets_nothing():
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as url, pytest.raises(transport.NotAllowed):
        post(url.replace("http://", "https://"))


def test_an_unknown_host_has_not_seen_it():
    with pytest.raises(transport.NotSent):
        post("http://no-such-host.invalid/hook")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "192.168.1.1", "localhost"])
def test_private_hosts_need_the_administrators_word(host):
    with pytest.raises(transport.NotAllowed):
        post(f"https://{host}:9/hook", on_premise=False)


def test_errors_do_not_tell_the_path():
    with server(None) as url:
        pass
    with pytest.raises(transport.NotSent) as failure:
        post(url.replace("hook", "hook-with-key"))
    assert "key" not in str(failure.value)


@contextmanager
def https_server(tmp_path, name: str) -> Iterator[str]:
    """Proves to be `name` by a certificate that `tmp_path / "ca.pem"` vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(hours=1))
        .not_valid_after(clock.now() + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.recv(65536)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}/hook"
    finally:
        listener.close()


def test_https_reaches_who_proves_the_name_in_the_address(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with https_server(tmp_path, "localhost") as url:
        assert post(url) == transport.Reply(200, b"ok")


@pytest.mark.parametrize("flaw", ["wrong name", "unknown authority"])
def test_https_stops_at_anybody_else(tmp_path, monkeypatch, flaw):
    if flaw == "wrong name":
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with (
        https_server(tmp_path, "localhost" if flaw == "unknown authority" else "elsewhere.example") as url,
        pytest.raises(transport.NotAllowed),
    ):
        post(url)
