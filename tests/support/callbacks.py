"""The platform's side of a callback, with cryptography of its own: sealed, signed and sent to our endpoint."""

import hashlib
import os
import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.wechat.models import App
from backend.wechat.services import apps

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TOKEN = "QDG6eK"
RECEIVER = "wx5823bf96d3bd56c7"
"""Those of Tencent's own sample, so that its vectors can be sent as they are."""


@dataclass(frozen=True)
class Platform:
    """What the platform knows of one app. `replace` it to play somebody who knows something else."""

    address: str
    token: str = TOKEN
    aes_key: str = AES_KEY
    receiver: str = RECEIVER

    def sealed(self, text: str | bytes) -> str:
        plain = text.encode() if isinstance(text, str) else text
        plain = os.urandom(16) + struct.pack(">I", len(plain)) + plain + self.receiver.encode()
        missing = 32 - len(plain) % 32
        return b64encode(self._cipher().encryptor().update(plain + bytes([missing]) * missing)).decode()

    def opened(self, sealed: str) -> str:
        plain = self._cipher().decryptor().update(b64decode(sealed))
        plain = plain[16 : -plain[-1]]
        (length,) = struct.unpack(">I", plain[:4])
        assert plain[4 + length :].decode() == self.receiver
        return plain[4 : 4 + length].decode()

    def signature(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, *parts])).encode()).hexdigest()

    def query(self, *signed: str, name: str = "msg_signature", **changes: str) -> dict[str, str]:
        stamp = {"timestamp": str(int(clock.now().timestamp())), "nonce": "263014780"} | changes
        return {name: self.signature(*stamp.values(), *signed)} | stamp

    def push(self, text: str | bytes, *, as_json: bool = False, **changes: str) -> Any:
        """One message, as it is sent the first time; `changes` of timestamp and nonce are signed."""
        sealed = self.sealed(text)
        return self.deliver(self.query(sealed, **changes), envelope(sealed, self.receiver, as_json=as_json))

    def deliver(self, query: dict[str, str], body: bytes) -> Any:
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        return client.post(f"{self.address}?{urlencode(query)}", body, content_type="text/xml")

    def verify(self, text: str, **changes: str) -> Any:
        sealed = self.sealed(text)
        query = self.query(sealed, **changes) | {"echostr": sealed}
        return Client(raise_request_exception=False).get(self.address, query)

    def knowing(self, **changes: str) -> "Platform":
        return replace(self, **changes)

    def _cipher(self) -> Any:
        key = b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def envelope(sealed: str, receiver: str = RECEIVER, *, as_json: bool = False) -> bytes:
    if as_json:
        return f'{{"ToUserName":"{receiver}","Encrypt":"{sealed}"}}'.encode()
    return f"<xml><ToUserName>{receiver}</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()


def enter(company_id: Any, *, kind: str = App.Kind.WECOM_APP, platform_id: str = RECEIVER) -> tuple[App, Platform]:
    app = apps.configure_app(
        actor=Actor.system(company_id),
        kind=kind,
        platform_id=platform_id,
        agent_id=218 if kind == App.Kind.WECOM_APP else None,
        secret=f"s3cret-of-{kind}",
        callback_token=TOKEN,
        aes_key=AES_KEY,
    )
    family = "wecom" if app.is_wecom else "wechat"
    return app, Platform(f"/api/v1/callbacks/{family}/{app.public_id}", receiver=platform_id)


def card_clicked(task_id: str = "t-1", user: str = "LiLei", key: str = "approve", second: int = 1) -> str:
    return (
        f"<xml><ToUserName>{RECEIVER}</ToUserName><FromUserName>{user}</FromUserName><CreateTime>{second}</CreateTime>"
        f"<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>{key}</EventKey><TaskId>{task_id}</TaskId>"
        "<CardType>button_interaction</CardType><ResponseCode>RC-1</ResponseCode><AgentID>218</AgentID>"
        "<SelectedItems><SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>o</OptionId></OptionIds>"
        "</SelectedItem></SelectedItems></xml>"
    )


def contact_changed(kind: str, second: int = 1, **fields: object) -> str:
    said = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        f"<xml><ToUserName>{RECEIVER}</ToUserName><FromUserName>sys</FromUserName><CreateTime>{second}</CreateTime>"
        f"<MsgType>event</MsgType><Event>change_contact</Event><ChangeType>{kind}</ChangeType>{said}</xml>"
    )
