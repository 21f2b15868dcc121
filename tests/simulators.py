"""Stand-ins for outside systems, each a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

ROOT = Path(__file__).resolve().parent.parent
_open = build_opener(ProxyHandler({})).open


class Simulator:
    """The test's handle on a running stand-in for WeCom (infra/simulators/wechat)."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, path: str, body: Any = None, **query: Any) -> Any:
        """POST a body (bytes as they are, anything else as JSON) or GET without one; the JSON of the answer."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if query:
            path += ("&" if "?" in path else "?") + urlencode(query)
        try:
            with _open(self.url + path, data=data, timeout=30) as response:
                return json.load(response)
        except HTTPError as error:
            return json.load(error)

    def page(self) -> str:
        with _open(self.url + "/", timeout=30) as response:
            return response.read().decode()

    def seed(self, *corps: dict[str, Any], **settings: Any) -> None:
        """Add corporations; the shape is documented at `State.seed`."""
        self._control("seed", {"corps": corps, **settings})

    def messages(self, user: str = "") -> list[dict[str, Any]]:
        """What arrived on this member's phone, oldest first; on everybody's without a name."""
        return self.call(f"/__sim/messages?{urlencode({'user': user})}")["messages"]

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The calls of the platform, oldest first; only those of one path such as /cgi-bin/gettoken."""
        return self.call(f"/__sim/requests?{urlencode({'path': path})}")["requests"]

    def faults(self, *faults: dict[str, Any]) -> None:
        """Replace all faults; their fields are those of `infra.simulators.wechat.faults.Fault`."""
        self._control("faults", {"faults": faults})

    def advance(self, seconds: float) -> None:
        """Put the platform's clock forward."""
        self._control("clock", {"advance": seconds})

    def issue_code(self, kind: str, user: str = "", **where: Any) -> str:
        """The code this person's device gets; the kinds and fields are those of control/people.py."""
        return self.issue(kind, user, **where)["code"]

    def issue(self, kind: str, user: str = "", **where: Any) -> dict[str, str]:
        """As `issue_code`, with the person's openid where he has one."""
        return self._control("issue_code", {"kind": kind, "user": user, **where})

    def subscribe(self, user: str, template_id: str, choice: str = "accept", *, app_id: str) -> str:
        """The person answers a mini-program's question; the openid."""
        answer = {"user": user, "app_id": app_id, "template_id": template_id, "choice": choice}
        return self._control("subscribe", answer)["openid"]

    def revoke_tokens(self, **of: Any) -> None:
        """Let tokens die before their time: all, or those of one app or account."""
        self._control("revoke_tokens", of)

    def click(self, user: str, task_id: str, key: str, **more: Any) -> list[dict[str, Any]]:
        """The member presses a button of his card; the callbacks that made. More is as at control/callbacks.py."""
        at = {"agent_id": 1000002, "user": user, "task_id": task_id, "key": key}
        return self._control("click", at | more)["callbacks"]

    def contact_event(self, change: str = "", data: dict[str, Any] | None = None, **more: Any) -> list[dict[str, Any]]:
        """The directory changes and the contacts assistant is told; `changes` for several at once."""
        return self._control("contact_event", {"change": change, "data": data or {}} | more)["callbacks"]

    def callback(self, **what: Any) -> list[dict[str, Any]]:
        """Any callback at all: `event` or `plaintext`, to `agent_id` or `app_id`, with `trouble`."""
        return self._control("callback", what)["callbacks"]

    def verify_url(self, **of: Any) -> dict[str, Any]:
        """Whether the address of this app or account answers as the platform demands; `ok`, and `failure` if not."""
        return self._control("verify_url", of)

    def callbacks(self, event: str = "") -> list[dict[str, Any]]:
        """Every callback the platform made and how each try went, oldest first."""
        return self.call("/__sim/callbacks", event=event)["callbacks"]

    def reset(self) -> None:
        """Forget everything, end waiting calls, and return to the true clock."""
        self._control("reset", {})

    def _control(self, action: str, body: dict[str, Any]) -> Any:
        answer = self.call(f"/__sim/{action}", body)
        assert "error" not in answer, answer["error"]
        return answer


@contextmanager
def wecom_simulator() -> Iterator[Simulator]:
    """A stand-in for WeCom on a free port of this machine, until the block ends."""
    command = [sys.executable, "-m", "infra.simulators.wechat", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, _, url = process.stdout.readline().strip().partition(" ")
            assert word == "ready", "the stand-in for WeCom did not start"
            yield Simulator(url)
        finally:
            process.terminate()
