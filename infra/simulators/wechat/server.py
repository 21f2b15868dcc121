"""The HTTP side: read a call, let a fault strike, answer. One thread per connection."""

import json
import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from infra.simulators.wechat import control, faults, frequency, oauth
from infra.simulators.wechat.api import ROUTES
from infra.simulators.wechat.control.common import ControlError
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.faults import Fault
from infra.simulators.wechat.model import Request
from infra.simulators.wechat.phone import contents, page, press
from infra.simulators.wechat.replies import Answer, ApiError, Call, Raw, failure
from infra.simulators.wechat.state import State

MAX_BODY = 64 * 1024 * 1024
LOGGED_BODY = 4096
IDLE_SECONDS = 60


class Server(ThreadingHTTPServer):
    """The default backlog of 5 makes connections fail under a burst, which no test asked for."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: tuple[str, int], state: State) -> None:
        self.state = state
        super().__init__(address, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers that hung up: tests make them do so."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # head and body leave in one packet; two would meet the delayed acknowledgement
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self._read_body()
        if body is None:
            return
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(self.command, parts.path, query, body, self.client_address[0], dict(self.headers))
        if (shown := self._page(call)) is not None:
            self._send_answer(shown)
        elif call.path.startswith("/__sim/"):
            self._control(call)
        else:
            self._platform(call)

    do_POST = do_PUT = do_DELETE = do_GET

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self._send(411, b"Content-Length required", {"Connection": "close"})
            return None
        if int(length) > MAX_BODY:
            self._send(413, b"", {"Connection": "close"})
            return None
        return self.rfile.read(int(length))

    def _page(self, call: Call) -> Raw | None:
        """What a person looks at, if the path is that of a page."""
        state = self.server.state
        if (call.method, call.path) == ("POST", contents.PRESS):
            return press.press(state, call)
        with state.lock:
            if call.path == "/":
                return page.everybody(state)
            if call.path.startswith("/phone/"):
                return page.one(state, call.path)
            return oauth.page(state, call) if call.path in oauth.PATHS else None

    def _control(self, call: Call) -> None:
        try:
            answer, status = control.handle(self.server.state, call), 200
        except ControlError as wrong:
            answer, status = {"error": str(wrong)}, 400
        self._send_json(answer, status)

    def _platform(self, call: Call) -> None:
        state = self.server.state
        with state.lock:
            scenario = state.scenario
            fault = faults.take(state.faults, call.path, state.random, _caller(state, call))
            shown = call.body[:LOGGED_BODY].decode("utf-8", "replace")
            request = Request(state.now(), call.method, call.path, call.query, shown, fault=fault is not None)
            state.requests.append(request)
        fault = fault or Fault(call.path)
        answer = self._work(call, request) if fault.after else None
        if scenario.wait(fault.delay) or scenario is not state.scenario:
            self.close_connection = True  # the scenario ended meanwhile: a late call must not touch the next
        elif fault.close or fault.reset:
            self._hang_up(reset=fault.reset)
        elif fault.replaces_reply:
            self._send_fault(fault, call, request)
        else:
            answer = answer or self._work(call, request)
            self._send_answer(answer, request.status or 200, fault)

    def _work(self, call: Call, request: Request) -> Answer:
        state = self.server.state
        endpoint = ROUTES.get(call.path)
        if endpoint is None:
            request.status = 404
            return {"errcode": 404, "errmsg": "not simulated"}
        with state.lock:
            try:
                if call.method != endpoint.method:
                    raise error(40058, f"require {endpoint.method} method")
                if not endpoint.wechat:
                    frequency.check(state, call)
                answer = endpoint.handler(state, call)
            except ApiError as refused:
                answer = self._failure(call, refused.errcode, refused.text)
            request.status = 200
            request.errcode = int(str(answer.get("errcode", 0))) if isinstance(answer, dict) else 0
        return answer

    def _failure(self, call: Call, errcode: int, text: str) -> dict[str, object]:
        wechat = call.path in ROUTES and ROUTES[call.path].wechat
        return failure(errcode, text, ip=call.ip, now=self.server.state.now(), wechat=wechat)

    def _send_fault(self, fault: Fault, call: Call, request: Request) -> None:
        request.status, request.errcode = fault.status, fault.errcode
        if fault.errcode is not None:
            self._send_json(self._failure(call, fault.errcode, fault.errmsg), fault.status)
        else:
            self._send(fault.status, fault.payload, {"Content-Type": "text/html"} | fault.headers)

    def _hang_up(self, *, reset: bool) -> None:
        if reset:  # closed at once with nothing lingering, which the other side sees as a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.close_connection = True

    def _send_answer(self, answer: Answer, status: int = 200, fault: Fault | None = None) -> None:
        """The true answer, or what the fault makes of it."""
        fault = fault or Fault("")
        if isinstance(answer, dict):
            content = json.dumps(answer | fault.merge, ensure_ascii=False).encode()
            answer = Raw(content, {"Content-Type": "application/json; charset=UTF-8"}, status)
        kind = {"Content-Type": fault.content_type} if fault.content_type else {}
        self._send(answer.status, answer.content, answer.headers | kind, cut=fault.truncate, pause=fault.trickle)

    def _send_json(self, data: object, status: int = 200) -> None:
        body = json.dumps(data, ensure_ascii=False).encode()
        self._send(status, body, {"Content-Type": "application/json; charset=UTF-8"})

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None, pause: float = 0.0
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for part in [body[:cut]] if not pause else [body[at : at + 1] for at in range(len(body))]:
            self.wfile.write(part)
            if pause:
                self.wfile.flush()
                self.server.state.scenario.wait(pause)
        if cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `/__sim/requests` shows what was called, and standard output holds one line only."""


def _caller(state: State, call: Call) -> str | None:
    """Whose token the call carries, as a fault names it."""
    token = state.tokens.get(call.query.get("access_token", ""))
    return None if token is None else "/".join(str(part) for part in token.app if part is not None)
