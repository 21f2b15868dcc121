"""Everything the stand-in remembers. Bounded: what grows with use is dropped oldest first."""

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from infra.simulators.wechat import seeding
from infra.simulators.wechat.contracts import CALLBACK_RULES, FREQUENCY, TOKEN_MODES
from infra.simulators.wechat.faults import Fault
from infra.simulators.wechat.model import (
    Account,
    App,
    AppKey,
    Code,
    Corp,
    Media,
    Message,
    Person,
    Request,
    ResponseCode,
    Ticket,
    Token,
)
from infra.simulators.wechat.recent import Recent
from infra.simulators.wechat.seeding import SeedError

MAX_MESSAGES = 5_000
MAX_REQUESTS = 5_000
MAX_TOKENS = 5_000
MAX_MEDIA = 50
MAX_REMEMBERED = 20_000


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
            self.accounts: dict[str, Account] = {}
            self.people: dict[str, Person] = {}
            self.tokens: Recent[str, Token] = Recent(MAX_TOKENS)
            self.codes: Recent[str, Code] = Recent(MAX_TOKENS)
            self.web_tokens: Recent[str, tuple[str, str, Token]] = Recent(MAX_TOKENS)
            self.seen: Recent[tuple[str, str], float] = Recent(MAX_REMEMBERED)
            """When a person last opened a mini-program, by app id and openid."""
            self.response_codes: Recent[str, ResponseCode] = Recent(MAX_REMEMBERED)
            self.tickets: Recent[str, Ticket] = Recent(MAX_TOKENS)
            self.media: Recent[str, Media] = Recent(MAX_MEDIA)
            self.messages: deque[Message] = deque(maxlen=MAX_MESSAGES)
            self.requests: deque[Request] = deque(maxlen=MAX_REQUESTS)
            self.duplicates: Recent[tuple[AppKey, bytes], tuple[float, dict[str, object]]] = Recent(MAX_REMEMBERED)
            self.task_ids: Recent[tuple[AppKey, str], None] = Recent(MAX_REMEMBERED)
            self.spent: Recent[tuple[object, ...], deque[float]] = Recent(MAX_REMEMBERED)
            self.frequency: dict[str, Any] = dict(FREQUENCY)
            self.windows: Recent[tuple[Any, ...], Any] = Recent(MAX_REMEMBERED)
            self.credits: Recent[tuple[str, str, str], int] = Recent(MAX_REMEMBERED)
            """How many more messages a person (app id, openid) wants of a template."""
            self.client_messages: Recent[tuple[str, str, str], tuple[float, dict[str, object]]]
            self.client_messages = Recent(MAX_REMEMBERED)
            self.notices = 0
            self.faults: list[Fault] = []
            self.callbacks: deque[Any] = deque(maxlen=MAX_REQUESTS)
            self.callbacks_sent = 0
            self.callback_rules = dict(CALLBACK_RULES)
            self.random = random.Random(0)
            self.seed(self.start_seed)

    def now(self) -> float:
        return time.time() + self.clock_offset

    def corp_of(self, app: App) -> Corp:
        return self.corps[app.corp_id]

    def apps(self) -> Iterator[App]:
        """Every app of every corporation, the contacts assistants too."""
        for corp in self.corps.values():
            yield from corp.apps.values()
            if corp.contacts:
                yield corp.contacts

    def app(self, key: AppKey) -> App | None:
        return next((app for app in self.apps() if app.key == key), None)

    def seed(self, data: dict[str, Any]) -> None:
        """Add or replace corporations, accounts of WeChat and people with WeChat; SeedError when the shape is wrong.

        `{"token_mode": "rotate|grace|same", "callback_rules": {…}, "frequency": {…}, "corps": […], "accounts": […],
        "people": […]}`.
        A corporation is `{"corp_id", "name", "users": […], "departments": […], "tags": {"1": ["user_id"]}, "apps": […],
        "contacts": {…}, "generate": {"departments": 200, "members": 10000}}`, the contacts assistant an app without an
        agent id; the fields of each thing are those of its class in `model.py`, the rules those in `contracts.py`. What
        is not named has its default: `visible` and `trusted_ips` null mean everyone. Departments that only members
        name are made below the root.
        """
        with self.lock:
            try:
                corps, accounts, people = seeding.corps(data), seeding.accounts(data), seeding.people(data)
            except (TypeError, KeyError, AttributeError) as error:
                raise SeedError(f"{type(error).__name__}: {error}") from error
            mode = data.get("token_mode", self.token_mode)
            if mode not in TOKEN_MODES:
                raise SeedError(f"unknown token_mode {mode!r}")
            rules = data.get("callback_rules", {})
            if not isinstance(rules, dict) or not CALLBACK_RULES.keys() >= rules.keys():
                raise SeedError("callback_rules has " + ", ".join(CALLBACK_RULES))
            frequency = data.get("frequency", {})
            if not isinstance(frequency, dict) or not FREQUENCY.keys() >= frequency.keys():
                raise SeedError("frequency has " + ", ".join(FREQUENCY))
            self.token_mode = mode
            self.frequency |= frequency
            self.callback_rules |= rules
            self.corps |= corps
            self.accounts |= accounts
            self.people |= people
