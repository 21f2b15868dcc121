from collections.abc import Iterator

import pytest

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
    {"app_id": "wx-mini", "kind": "mini_program", "secret": "mini-secret", "name": "外勤", "open_platform": "op"},
    {
        "app_id": "wx-oa",
        "kind": "official_account",
        "secret": "oa-secret",
        "name": "外勤服务号",
        "open_platform": "op",
        "trusted_domains": ["h5.example.com"],
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
