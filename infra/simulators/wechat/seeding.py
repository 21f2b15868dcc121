"""Reading a seed: see `State.seed` for its shape."""

from typing import Any

from infra.simulators.wechat.model import ROOT, Account, App, Corp, Department, Person, User

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊洋艳勇军杰涛明超秀霞平刚"


class SeedError(ValueError):
    """The seed is not in the documented shape."""


def corps(data: dict[str, Any]) -> dict[str, Corp]:
    return {item["corp_id"]: _corp(item) for item in data.get("corps", [])}


def accounts(data: dict[str, Any]) -> dict[str, Account]:
    found = {item["app_id"]: Account(**item) for item in data.get("accounts", [])}
    if any(account.kind not in ("mini_program", "official_account") for account in found.values()):
        raise SeedError("kind is mini_program or official_account")
    return found


def people(data: dict[str, Any]) -> dict[str, Person]:
    return {item["name"]: Person(**item) for item in data.get("people", [])}


def _corp(item: dict[str, Any]) -> Corp:
    corp = Corp(item["corp_id"], item.get("name", ""), tags=dict(item.get("tags", {})))
    corp.users = {user["user_id"].lower(): User(**user) for user in item.get("users", [])}
    corp.departments = {one["id"]: Department(**one) for one in item.get("departments", [])}
    corp.apps = {app["agent_id"]: App(corp_id=corp.corp_id, **app) for app in item.get("apps", [])}
    if not all(type(agent_id) is int for agent_id in corp.apps):
        raise SeedError("agent_id is an integer")
    if "contacts" in item:
        corp.contacts = App(corp_id=corp.corp_id, agent_id=None, **item["contacts"])
    if "generate" in item:
        _generate(corp, **item["generate"])
    mentioned = {ROOT, *(number for user in corp.users.values() for number in user.departments)}
    for number in sorted(mentioned - set(corp.departments)):
        corp.departments[number] = Department(number, corp.name if number == ROOT else f"部门{number}")
    return corp


def _generate(corp: Corp, departments: int, members: int) -> None:
    """A company of any size, the same every time: ten departments below each, every department with a leader."""
    corp.departments.setdefault(ROOT, Department(ROOT, corp.name))
    for number in range(ROOT + 1, ROOT + departments):
        parent = ROOT + (number - ROOT - 1) // 10
        leaders = [f"m{number - ROOT:05d}"] if number - ROOT < members else []
        corp.departments[number] = Department(number, f"部门{number}", f"Department {number}", parent, number, leaders)
    for number in range(members):
        home = ROOT + number % departments
        both = [home, ROOT + (number + 1) % departments] if number % 50 == 49 and departments > 1 else [home]
        name = SURNAMES[number % 20] + GIVEN[number // 20 % 20] + GIVEN[number // 400 % 20]
        user_id = f"m{number:05d}"
        leads = number < departments
        corp.users[user_id] = User(
            user_id,
            name,
            both,
            leader_of=[home] if leads else [],
            direct_leader=[] if leads else [f"m{number % departments:05d}"],
            position="经理" if leads else "业务员",
            mobile=f"139{number:08d}",
            email=f"{user_id}@example.com",
        )
