import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.simulators import Simulator, wecom_simulator

SECRET = "s3cret-of-the-app-0123456789abcdefghijklmno"
CORP = {
    "corp_id": "ww-waiqin",
    "name": "外勤公司",
    "users": [
        {"user_id": "LiLei", "name": "李雷", "departments": [2], "mobile": "13900000001", "email": "li@example.com"},
        {"user_id": "hanmeimei", "name": "韩梅梅", "departments": [1], "mobile": "13900000002", "withheld": ["mobile"]},
        {"user_id": "wangfang", "name": "王芳", "departments": [1]},
    ],
    "tags": {"7": ["hanmeimei"]},
    "apps": [
        {
            "agent_id": 1000002,
            "secret": SECRET,
            "name": "外勤",
            "visible": ["LiLei", "hanmeimei"],
            "trusted_domains": ["h5.example.com:8443"],
            "mini_programs": ["wx-mini"],
        },
        {"agent_id": 1000003, "secret": "another-secret", "name": "报表"},
    ],
    "contacts": {"secret": "contacts-secret"},
}
ACCOUNTS = [
    {
        "app_id": "wx-mini",
        "kind": "mini_program",
        "secret": "mini-secret",
        "name": "外勤",
        "open_platform": "op",
        "pages": ["pages/approval", "pages/visit"],
        "templates": {
            "tpl-approval": "审批提醒\n事项：{{thing1.DATA}}\n金额：{{amount2.DATA}}\n状态：{{phrase3.DATA}}",
            "tpl-visit": "拜访提醒\n时间：{{time1.DATA}}",
        },
    },
    {
        "app_id": "wx-oa",
        "kind": "official_account",
        "secret": "oa-secret",
        "name": "外勤服务号",
        "open_platform": "op",
        "trusted_domains": ["h5.example.com"],
        "templates": {"tpl-order": "订单通知\n单号：{{character_string1.DATA}}\n客户：{{thing2.DATA}}"},
    },
    {"app_id": "wx-alone", "kind": "mini_program", "secret": "alone-secret"},
]
PEOPLE = [
    {"name": "李雷", "phone": "13900000001", "member": "LiLei", "follows": ["wx-oa"]},
    {"name": "Chan", "phone": "+852 61234567"},
]
GETTOKEN = f"/cgi-bin/gettoken?corpid=ww-waiqin&corpsecret={SECRET}"


@pytest.fixture(scope="session")
def platform_process() -> Iterator[Simulator]:
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def platform(platform_process: Simulator) -> Simulator:
    """A fresh platform with one corporation, two mini-programs and an official account."""
    platform_process.reset()
    platform_process.seed(CORP, accounts=ACCOUNTS, people=PEOPLE)
    return platform_process


@pytest.fixture
def wecom(platform: Simulator):
    """`wecom("/cgi-bin/…", body, secret=…, code=…)` calls with the app's token and these parameters."""
    tokens: dict[str, str] = {}

    def call(path: str, body: object = None, *, secret: str = SECRET, **query: object):
        if secret not in tokens:
            answer = platform.call(f"/cgi-bin/gettoken?corpid=ww-waiqin&corpsecret={secret}")
            tokens[secret] = answer["access_token"]
        return platform.call(path, body, access_token=tokens[secret], **query)

    return call


@pytest.fixture
def weixin(platform: Simulator):
    """`weixin("/wxa/…", body, app_id=…)` calls with the account's token."""
    tokens: dict[str, str] = {}

    def call(path: str, body: object = None, *, app_id: str = "wx-mini", **query: object):
        if app_id not in tokens:
            given = {"grant_type": "client_credential", "appid": app_id, "secret": f"{app_id[3:]}-secret"}
            tokens[app_id] = platform.call("/cgi-bin/stable_token", given)["access_token"]
        return platform.call(path, body, access_token=tokens[app_id], **query)

    return call


TOKEN, AES_KEY = "callback-token", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


class Listener:
    """An app's side of the callbacks: keeps what it is sent and answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[dict[str, str], bytes], tuple[int, bytes]] = lambda query, body: (200, b"success")
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                listener.received.append((self.command, query, body))
                status, reply = listener.answer(query, body)
                with suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks?of=us"

    @property
    def settings(self) -> dict[str, str]:
        return {"callback_url": self.url, "callback_token": TOKEN, "aes_key": AES_KEY}

    def texts(self, receiver_id: str = "ww-waiqin") -> list[str]:
        """The decrypted messages, read by wechatpy and not by the stand-in's own code."""
        crypto = WeChatCrypto(TOKEN, AES_KEY, receiver_id)
        return [
            crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
            for _, query, body in self.received
        ]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


@pytest.fixture
def told(platform: Simulator, listener: Listener) -> Listener:
    """The listener, entered as the address of the app, of the contacts assistant and of the mini-program."""
    app, *others = CORP["apps"]
    contacts = CORP["contacts"] | listener.settings
    platform.seed({**CORP, "apps": [app | listener.settings, *others], "contacts": contacts})
    platform.seed(accounts=[ACCOUNTS[0] | listener.settings])
    return listener
