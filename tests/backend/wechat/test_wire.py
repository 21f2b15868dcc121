"""Over TLS, as in production: cut off in time, whatever the other side does and however far it has come."""

import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from socket import create_server
from socket import socket as Socket

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.wechat import wire

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + b"x" * 20


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> str:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1).public_key(key.public_key())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(
        key, hashes.SHA256()
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *private)
    )
    return str(path)


@pytest.fixture
def platform(certificate):
    """`platform.quick` bytes of an answer come at once, the others one by one; None: not even the handshake does."""

    class Platform:
        quick: int | None = len(ANSWER)

        def serve(self, connection: Socket) -> None:
            with suppress(OSError):
                while self.quick is None:
                    time.sleep(0.05)
                secure = context.wrap_socket(connection, server_side=True)
                while secure.recv(65536):
                    secure.sendall(ANSWER[: self.quick])
                    for byte in ANSWER[self.quick :]:
                        secure.sendall(bytes([byte]))
                        time.sleep(0.2)

        def accept(self) -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=self.serve, args=[listener.accept()[0]], daemon=True).start()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with create_server(("127.0.0.1", 0)) as listener:
        platform = Platform()
        threading.Thread(target=platform.accept, daemon=True).start()
        platform.url = f"https://localhost:{listener.getsockname()[1]}/"
        yield platform


def test_an_exchange_over_tls_ends_in_time_and_the_next_is_whole(platform, certificate, monkeypatch):
    monkeypatch.setattr(wire.session(), "trust_env", False)

    def ask(seconds: float) -> bytes:
        with (
            wire.ended_after(seconds),
            wire.session().get(platform.url, verify=certificate, timeout=30, stream=True) as reply,
        ):
            return reply.content

    assert ask(30) == b"x" * 20
    for quick in (0, len(ANSWER) - 20, None):
        platform.quick = quick
        wire.session().close()
        began = time.monotonic()
        with pytest.raises(requests.Timeout):
            ask(0.5)
        assert 0.4 < time.monotonic() - began < 4
        platform.quick = len(ANSWER)
        assert ask(30) == b"x" * 20
