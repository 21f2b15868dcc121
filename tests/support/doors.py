"""A corporation and a mini-program for the cast, and the phones that come with their codes."""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

from backend.core.actor import Actor
from backend.wechat.oauth import challenge_of
from backend.wechat.services import apps
from tests.simulators import Simulator
from tests.support.cast import Cast
from tests.support.client import Caller

CORP_ID, AGENT, MINI, WECOM_MINI = "ww-waiqin", 1000002, "wx-waiqin", "wx-of-wecom"
HOME = "https://waiqin.example.com/"
PHONE = "13800000002"
SEED = {
    "corp_id": CORP_ID,
    "users": [
        {"user_id": "LiLei", "name": "李雷", "mobile": PHONE},
        {"user_id": "HanMeimei", "name": "韩梅梅", "mobile": "13800000001"},
    ],
    "apps": [
        {
            "agent_id": AGENT,
            "secret": "s3cret-of-the-app",
            "trusted_domains": ["waiqin.example.com"],
            "mini_programs": [WECOM_MINI],
        }
    ],
}
ACCOUNTS = [{"app_id": MINI, "kind": "mini_program", "secret": "s3cret-of-the-mini-program"}]
PEOPLE = [{"name": "李雷", "phone": PHONE}, {"name": "韩梅梅", "phone": "13800000001"}]


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def open_platform(simulator: Simulator, settings: Any) -> None:
    simulator.reset()
    simulator.seed(SEED, accounts=ACCOUNTS, people=PEOPLE)
    settings.WECOM_API_BASE = settings.WECHAT_API_BASE = settings.WECHAT_OAUTH_BASE = simulator.url
    settings.OAUTH_REDIRECT_URIS = [HOME]


def enter_apps(cast: Cast) -> None:
    system = Actor.system(cast.company.pk)
    apps.configure_app(actor=system, kind="wecom_app", platform_id=CORP_ID, agent_id=AGENT, secret="s3cret-of-the-app")
    apps.configure_app(actor=system, kind="mini_program", platform_id=MINI, secret="s3cret-of-the-mini-program")


@dataclass
class Phone:
    """One device before a platform."""

    platform: Simulator
    id: str = "phone-1"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))

    @property
    def device(self) -> dict[str, str]:
        return {"id": self.id, "name": "小米 15"}

    def wechat(self, code: str, **changes: Any) -> Any:
        return Caller(None).post("/auth/wechat", {"company": "waiqin", "code": code, "device": self.device} | changes)

    def mini_code(self, person: str = "李雷") -> str:
        return self.platform.issue_code("mini_program", person, app_id=MINI)

    def phone_code(self, person: str = "李雷") -> str:
        return self.platform.issue_code("phone", person, app_id=MINI)

    def wechat_phone(self, ticket: str, code: str) -> Any:
        return Caller(None).post("/auth/wechat/phone", {"ticket": ticket, "code": code, "device": self.device})

    def wecom_mini(self, user: str = "LiLei", **changes: Any) -> Any:
        code = self.platform.issue_code("wecom_mini_program", user, corp_id=CORP_ID, app_id=WECOM_MINI)
        body = {"company": "waiqin", "client": "mini_program", "code": code, "device": self.device}
        return Caller(None).post("/auth/wecom", body | changes)

    def begin(self, **changes: Any) -> Any:
        query = {"company": "waiqin", "redirect_uri": HOME, "challenge": challenge_of(self.verifier)} | changes
        return Caller(None).get("/auth/wecom/authorize-url", **query)

    def authorize(self, user: str = "LiLei", **changes: Any) -> dict[str, str]:
        """Through the platform's page as this member: `code` and `state` as they come back."""
        url = self.begin(**changes).json()["url"].partition("#")[0]
        answer = build_opener(ProxyHandler({}), _Stay()).open
        try:
            location = answer(f"{url}&{urlencode({'sim_user': user})}").headers["Location"]
        except Exception as redirected:
            location = redirected.headers["Location"]  # type: ignore[attr-defined]
        assert location.startswith(HOME), location
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def wecom(self, brought: dict[str, str], **changes: Any) -> Any:
        body = {"company": "waiqin", "client": "page", "verifier": self.verifier, "device": self.device}
        return Caller(None).post("/auth/wecom", body | brought | changes)


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]
