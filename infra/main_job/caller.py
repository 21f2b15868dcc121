"""HTTP as a phone, an ERP or a browser speaks it; nothing of the server is imported."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from infra.demo.cast import PASSWORD, Member
from infra.main_job.transcript import Transcript

API = "/api/v1"
TIMEOUT_S = 30
_open = build_opener(ProxyHandler({})).open  # what stands on loopback is never behind a proxy


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any
    """JSON where the server says it is, bytes otherwise."""

    def __getitem__(self, key: str) -> Any:
        return self.body[key]


class Caller:
    """One party to the server at `url`; `name` stands in the transcript."""

    def __init__(self, url: str, name: str, transcript: Transcript) -> None:
        self.url, self.name, self.transcript = url.rstrip("/"), name, transcript
        self.headers: dict[str, str] = {}

    def get(self, path: str, **query: str) -> Reply:
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def peek(self, path: str) -> Reply:
        """As `get`, left out of the transcript: for what is looked at again and again until it is there."""
        return _exchange(self._request("GET", path, None, {}))

    def post(self, path: str, body: Any = None) -> Reply:
        return self.send("POST", path, body)

    def send(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Reply:
        """`path` is below API, or from the root or whole where a server gave it; a body of bytes goes as it is."""
        reply = _exchange(self._request(method, path, body, headers or {}))
        self.transcript.exchange(self.name, method, path.removeprefix(self.url), body, reply.status, reply.body)
        return reply

    def _request(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Request:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        kind = {"Content-Type": "application/json"} if data is not None else {}
        if path.startswith(("http://", "https://")):  # where the server sent us needs no sign-in, and may be another's
            return Request(path, data, kind | headers, method=method)
        target = self.url + (path if path.startswith("/api/") else API + path)
        return Request(target, data, kind | self.headers | headers, method=method)


class Phone(Caller):
    """A person of the demo, signed in on one device."""

    def __init__(self, url: str, member: Member, transcript: Transcript) -> None:
        super().__init__(url, member.name.split()[0], transcript)
        self.member, self.device = member, f"main-job-{member.company}-{member.number}"
        self.tokens: dict[str, Any] = {}

    def log_in(self) -> Reply:
        device = {"id": self.device, "name": "main job"}
        account = {"company": self.member.company, "number": self.member.number, "password": PASSWORD}
        return self._signed_in(self.post("/auth/password", {**account, "device": device}))

    def refresh(self) -> Reply:
        body = {"refresh_token": self.tokens["refresh_token"], "device_id": self.device}
        return self._signed_in(self.post("/auth/refresh", body))

    def _signed_in(self, reply: Reply) -> Reply:
        self.tokens = reply.body
        self.headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return reply


def _exchange(request: Request) -> Reply:
    try:
        with _open(request, timeout=TIMEOUT_S) as response:
            return Reply(response.status, _content(response))
    except HTTPError as error:
        return Reply(error.code, _content(error))


def _content(response: Any) -> Any:
    content: bytes = response.read()
    return json.loads(content) if "json" in response.headers.get("Content-Type", "") and content else content
