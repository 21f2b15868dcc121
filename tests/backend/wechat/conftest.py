from collections.abc import Iterator

import pytest

from backend.core.actor import Actor
from backend.directory.services import people
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.simulators import Simulator, wecom_simulator

SECRET = "s3cret-of-the-app-0123456789abcdefghijklmno"
CORP = {
    "corp_id": "ww-waiqin",
    "name": "外勤公司",
    "users": [
        {"user_id": "LiLei", "name": "李雷", "departments": [2]},
        {"user_id": "hanmeimei", "name": "韩梅梅", "departments": [1]},
        {"user_id": "wangfang", "name": "王芳", "departments": [1]},
    ],
    "tags": {"7": ["hanmeimei"]},
    "apps": [
        {"agent_id": 1000002, "secret": SECRET, "name": "外勤", "visible": ["LiLei", "hanmeimei"]},
        {"agent_id": 1000003, "secret": "another-secret", "name": "报表"},
    ],
}


@pytest.fixture(scope="session")
def platform_process() -> Iterator[Simulator]:
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def platform(platform_process: Simulator, settings) -> Simulator:
    """A fresh platform with one corporation, and our settings pointing at it."""
    platform_process.reset()
    platform_process.seed(CORP)
    settings.WECOM_API_BASE = platform_process.url
    return platform_process


@pytest.fixture
def configured():
    """`configured(secret=…)` enters our app with whatever is not as it should be."""

    def configure(**changes: object) -> App:
        company = people.found_company(code="waiqin", name="外勤公司")
        values = {"kind": "wecom_app", "platform_id": CORP["corp_id"], "agent_id": 1000002}
        values |= {"secret": SECRET, "name": "外勤"} | changes
        return apps.configure_app(actor=Actor.system(company.pk), **values)

    return configure


@pytest.fixture
def app(db, configured) -> App:
    return configured()
