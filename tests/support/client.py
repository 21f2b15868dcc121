"""The API as a phone sees it: JSON over HTTP, through every middleware."""

from typing import Any

from django.test import Client

from backend.core import clock
from backend.directory.models import Employee
from backend.directory.services import sessions
from tests.support.contract import keep_to_it

BASE = "/api/v1"


class Caller:
    def __init__(self, token: str | None) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, **query: Any) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return _kept(self.client.get(BASE + path, given, headers=self.headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("patch", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("put", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return _kept(self.client.delete(BASE + path, headers=self.headers | headers))

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        call = getattr(self.client, method)
        data = "" if body is None else body
        return _kept(call(BASE + path, data, content_type="application/json", headers=self.headers | headers))


def _kept(reply: Any) -> Any:
    keep_to_it(reply)
    return reply


class Api:
    """One signed-in caller a person, made when first asked for."""

    def __init__(self) -> None:
        self._callers: dict[Any, Caller] = {}

    def __call__(self, employee: Employee | None) -> Caller:
        key = employee.pk if employee else None
        if key not in self._callers:
            self._callers[key] = Caller(access_token(employee) if employee else None)
        return self._callers[key]


def access_token(employee: Employee, device: str = "test-device") -> str:
    signed_in = sessions.open_session(employee_id=employee.pk, device=sessions.Device(id=device), at=clock.now())
    return signed_in.access_token
