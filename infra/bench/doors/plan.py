"""Fills the database and the platform with people and prints, as JSON, one sign-in of each by each door."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import django

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management import call_command  # noqa: E402

from backend.core import clock  # noqa: E402
from backend.core.actor import Actor  # noqa: E402
from backend.directory.models import Department, Employee  # noqa: E402
from backend.directory.services import people  # noqa: E402
from backend.wechat import oauth  # noqa: E402
from backend.wechat.models import App  # noqa: E402
from backend.wechat.services import apps  # noqa: E402

CORP, AGENT, MINI, WECOM_MINI = "ww-bench", 1, "wx-bench", "wx-bench-of-wecom"
PASSWORD, SECRET = "a-password-of-the-bench", "secret-of-the-bench"
VERIFIER = "v" * 43
PEOPLE = int(os.environ["DOORS_PEOPLE"])
_open = build_opener(ProxyHandler({})).open


def main() -> None:
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    names = [f"m{n:05d}" for n in range(PEOPLE)]
    accounts = [{"app_id": MINI, "kind": "mini_program", "secret": SECRET}]
    app = {"agent_id": AGENT, "secret": SECRET, "mini_programs": [WECOM_MINI]}
    corp = {"corp_id": CORP, "users": [{"user_id": name} for name in names], "apps": [app]}
    _control("seed", {"corps": [corp], "accounts": accounts, "people": [{"name": name} for name in names]})
    wecom = _people(names)
    json.dump({"requests": _requests(names, wecom)}, sys.stdout)


def _people(names: list[str]) -> App:
    company = people.found_company(code="bench", name="bench")
    system, root = Actor.system(company.pk), Department.objects.get(company=company, code="root")
    wecom = apps.configure_app(actor=system, kind="wecom_app", platform_id=CORP, agent_id=AGENT, secret=SECRET)
    apps.configure_app(actor=system, kind="mini_program", platform_id=MINI, secret=SECRET)
    hashed = make_password(PASSWORD)
    Employee.objects.bulk_create(
        Employee(company=company, number=name, login=f"bench/{name}", name=name, department=root, password=hashed)
        for name in names
    )
    for employee in Employee.objects.filter(company=company):
        openid = _control("issue_code", {"kind": "mini_program", "user": employee.number, "app_id": MINI})["openid"]
        for provider, tenant, subject in (("wecom", CORP, employee.number), ("wechat", MINI, openid)):
            people.bind_identity(
                actor=system, employee_id=employee.pk, provider=provider, tenant=tenant, subject=subject
            )
    return wecom


def _requests(names: list[str], wecom: App) -> dict[str, list[dict[str, Any]]]:
    challenge = oauth.challenge_of(VERIFIER)

    def page(name: str) -> dict[str, Any]:
        code = _control("issue_code", {"kind": "oauth", "user": name, "corp_id": CORP, "agent_id": AGENT})["code"]
        state = oauth.new_state(wecom, challenge=challenge, at=clock.now())
        return {"client": "page", "code": code, "state": state, "verifier": VERIFIER}

    def mini(name: str) -> dict[str, Any]:
        where = {"kind": "wecom_mini_program", "user": name, "corp_id": CORP, "app_id": WECOM_MINI}
        return {"client": "mini_program", "code": _control("issue_code", where)["code"]}

    def wechat(name: str) -> dict[str, Any]:
        return {"code": _control("issue_code", {"kind": "mini_program", "user": name, "app_id": MINI})["code"]}

    doors: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
        "login_password": ("password", lambda name: {"number": name, "password": PASSWORD}),
        "login_wecom": ("wecom", page),
        "login_wecom_mini": ("wecom", mini),
        "login_wechat": ("wechat", wechat),
    }
    return {
        door: [
            {
                "method": "POST",
                "path": f"/api/v1/auth/{path}",
                "body": {"company": "bench", "device": {"id": f"phone-{name}"}, **proof(name)},
            }
            for name in names
        ]
        for door, (path, proof) in doors.items()
    }


def _control(action: str, body: dict[str, Any]) -> dict[str, Any]:
    request = Request(f"{os.environ['WECOM_API_BASE']}/__sim/{action}", data=json.dumps(body).encode())
    with _open(request) as reply:
        told: dict[str, Any] = json.load(reply)
    return told


main()
