"""Everything the stand-in remembers. Bounded: what grows with use is dropped oldest first."""

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from infra.simulators.wechat.contracts import TOKEN_MODES
from infra.simulators.wechat.faults import Fault
from infra.simulators.wechat.recent import Recent

MAX_MESSAGES = 5_000
MAX_REQUESTS = 5_000
MAX_TOKENS = 5_000
MAX_REMEMBERED = 20_000


class SeedError(ValueError):
    """The seed is not in the documented shape."""


@dataclass
class User:
    user_id: str
    name: str = ""
    departments: list[int] = field(default_factory=list)
    licensed: bool = True


@dataclass
class App:
    corp_id: str
    agent_id: int
    secret: str
    name: str = ""
    visible: list[str] | None = None
    trusted_ips: list[str] | None = None
    enabled: bool = True

    @property
    def key(self) -> tuple[str, int]:
        return self.corp_id, self.agent_id


@dataclass
class Corp:
    corp_id: str
    name: str = ""
    users: dict[str, User] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)

    def members_seen_by(self, app: App) -> dict[str, User]:
        """The members in the app's visible range, by lower-case id: user ids ignore case."""
        if app.visible is None:
            return self.users
        seen = {user_id.lower() for user_id in app.visible}
        return {key: user for key, user in self.users.items() if key in seen}


@dataclass
class Token:
    app: tuple[str, int]
    expires_at: float
    revoked: bool = False


@dataclass
class Message:
    """One message on one member's phone."""

    msgid: str
    corp_id: str
    agent_id: int
    app: str
    user: str
    msgtype: str
    content: dict[str, object]
    at: float


@dataclass
class Request:
    at: float
    method: str
    path: str
    query: dict[str, str]
    body: str
    status: int | None = None
    errcode: int | None = None
    fault: bool = False


class State:
    """The platform at one moment. Hold `lock` while reading or changing it."""

    def __init__(self, seed: dict[str, Any] | None = None) -> None:
        self.lock = threading.RLock()
        self.start_seed = seed or {}
        self.scenario = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Go back to the state at start, and wake the delayed calls of the scenario that ends."""
        with self.lock:
            self.scenario.set()
            self.scenario = threading.Event()
            self.clock_offset = 0.0
            self.token_mode = "rotate"
            self.corps: dict[str, Corp] = {}
            self.tokens: Recent[str, Token] = Recent(MAX_TOKENS)
            self.messages: deque[Message] = deque(maxlen=MAX_MESSAGES)
            self.requests: deque[Request] = deque(maxlen=MAX_REQUESTS)
            self.duplicates: Recent[tuple[tuple[str, int], bytes], tuple[float, dict[str, object]]]
            self.duplicates = Recent(MAX_REMEMBERED)
            self.task_ids: Recent[tuple[tuple[str, int], str], None] = Recent(MAX_REMEMBERED)
            self.sent: Recent[tuple[tuple[str, int], str], deque[float]] = Recent(MAX_REMEMBERED)
            self.faults: list[Fault] = []
            self.random = random.Random(0)
            self.seed(self.start_seed)

    def now(self) -> float:
        return time.time() + self.clock_offset

    def corp_of(self, app: App) -> Corp:
        return self.corps[app.corp_id]

    def seed(self, data: dict[str, Any]) -> None:
        """Add or replace corporations; SeedError when the shape is wrong.

        `{"token_mode": "rotate|grace|same", "corps": [{"corp_id", "name", "users": [{"user_id", "name",
        "departments", "licensed"}], "tags": {"1": ["user_id"]}, "apps": [{"agent_id", "secret", "name",
        "visible", "trusted_ips", "enabled"}]}]}`; `visible` and `trusted_ips` null mean everyone.
        """
        with self.lock:
            try:
                corps = [_corp(item) for item in data.get("corps", [])]
            except (TypeError, KeyError, AttributeError) as error:
                raise SeedError(f"{type(error).__name__}: {error}") from error
            mode = data.get("token_mode", self.token_mode)
            if mode not in TOKEN_MODES:
                raise SeedError(f"unknown token_mode {mode!r}")
            self.token_mode = mode
            self.corps |= {corp.corp_id: corp for corp in corps}


def _corp(item: dict[str, Any]) -> Corp:
    corp = Corp(item["corp_id"], item.get("name", ""), tags=dict(item.get("tags", {})))
    corp.users = {user["user_id"].lower(): User(**user) for user in item.get("users", [])}
    corp.apps = {app["agent_id"]: App(corp.corp_id, **app) for app in item.get("apps", [])}
    if not all(type(agent_id) is int for agent_id in corp.apps):
        raise SeedError("agent_id is an integer")
    return corp
