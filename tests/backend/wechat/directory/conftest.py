"""A corporation on the stand-in that tests change at will, and our company that takes its directory over."""

import copy
from typing import Any

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Company, Department, Employee, Identity
from backend.directory.services import people
from backend.events.models import Event
from backend.wechat.directory import reading, runs, services
from backend.wechat.directory.models import DirectoryConflict, MemberLink, WecomDirectory
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.simulators import Simulator
from tests.support.callbacks import AES_KEY, TOKEN, Platform

CORP_ID = "ww-acme-trading"
SEED: dict[str, Any] = {
    "corp_id": CORP_ID,
    "name": "外勤公司",
    "departments": [
        {"id": 1, "name": "外勤公司"},
        {"id": 2, "name": "东区", "parentid": 1, "order": 1, "leaders": ["HanMei"]},
        {"id": 3, "name": "沪组", "parentid": 2, "order": 2},
        {"id": 4, "name": "北区", "parentid": 1, "order": 3},
    ],
    "users": [
        {"user_id": "HanMei", "name": "韩梅", "departments": [2], "leader_of": [2], "mobile": "13900000001"},
        {"user_id": "LiLei", "name": "李磊", "departments": [3], "mobile": "13900000002"},
        {"user_id": "ZhaoQi", "name": "赵七", "departments": [4], "direct_leader": ["HanMei"], "mobile": "13900000003"},
        {"user_id": "WangWu", "name": "王五", "departments": [3, 4], "main_department": 4, "mobile": "13900000004"},
    ],
    "apps": [{"agent_id": 1000002, "secret": "secret-of-the-app", "name": "外勤"}],
    "contacts": {"secret": "secret-of-the-assistant", "name": "通讯录同步"},
}


class Theirs:
    """The corporation as it is at the platform; every change is seen by the next call."""

    def __init__(self, platform: Simulator) -> None:
        self.platform = platform
        self.seed = copy.deepcopy(SEED)
        self.tell()

    def tell(self) -> None:
        self.platform.seed(self.seed)

    def user(self, user_id: str, **changes: Any) -> None:
        """Change this member, or add him."""
        known = [user for user in self.seed["users"] if user["user_id"] == user_id]
        if not known:
            known = [{"user_id": user_id, "departments": [3]}]
            self.seed["users"] += known
        known[0].update(changes)
        self.tell()

    def rename(self, old: str, new: str) -> None:
        """Change the user id, as the platform allows once."""
        for user in self.seed["users"]:
            if user["user_id"] == old:
                user["user_id"] = new
        self.tell()

    def remove(self, *user_ids: str) -> None:
        self.seed["users"] = [user for user in self.seed["users"] if user["user_id"] not in user_ids]
        for department in self.seed["departments"]:
            department["leaders"] = [name for name in department.get("leaders", []) if name not in user_ids]
        self.tell()

    def department(self, number: int, **changes: Any) -> None:
        known = [row for row in self.seed["departments"] if row["id"] == number]
        if not known:
            known = [{"id": number, "parentid": 1}]
            self.seed["departments"] += known
        known[0].update(changes)
        self.tell()

    def app(self, **changes: Any) -> None:
        self.seed["apps"][0].update(changes)
        self.tell()


class Ours:
    """Our side: the directory, and what the tests ask of it."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.actor = Actor.system(company.pk)
        self.directory = services.put_directory(actor=self.actor, corp_id=CORP_ID)

    def sync(self, **options: Any) -> dict[str, int]:
        self.directory.refresh_from_db()
        report = runs.compare(self.directory, actor=self.actor, is_dry=False, **options)
        return {kind: number for kind, number in report["counts"].items() if number}

    def preview(self) -> dict[str, Any]:
        return runs.compare(self.directory, actor=self.actor, is_dry=True)

    def person(self, user_id: str) -> Employee:
        link = MemberLink.objects.select_related("employee__department", "employee__manager").get(
            directory=self.directory, user_key=user_id.lower()
        )
        return link.employee

    def department(self, number: int) -> Department:
        return self.directory.departments.select_related("department__parent").get(external_id=number).department

    def conflicts(self) -> set[tuple[str, str]]:
        standing = DirectoryConflict.objects.filter(directory=self.directory, gone_at=None)
        return set(standing.values_list("kind", "user_key"))

    def decide(self, kind: str, key: str, decision: str) -> None:
        found = DirectoryConflict.objects.get(directory=self.directory, kind=kind, user_key=key)
        services.decide(actor=self.actor, conflict_id=found.pk, decision=decision, at=clock.now())

    def everything(self) -> dict[str, Any]:
        """All that a comparison may change, and the trail it leaves."""
        return {
            "departments": set(Department.objects.values_list("pk", "name", "parent")),
            "people": set(Employee.objects.values_list("pk", "name", "department", "manager", "phone", "is_active")),
            "links": set(MemberLink.objects.values_list("user_id", "employee", "left_at")),
            "identities": set(Identity.objects.values_list("subject", "employee")),
            "events": Event.objects.count(),
        }

    def hire(self, number: str, name: str, *, phone: str = "", role: str = "rep") -> Employee:
        root = Department.objects.get(company=self.company, code="root")
        return people.put_employee(
            actor=self.actor,
            number=number,
            name=name,
            department_id=root.pk,
            manager_id=None,
            role_codes=[role],
            phone=phone,
            at=clock.now(),
        )


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch):
    """In the test's own transaction; `test_reading` asks in parallel."""
    monkeypatch.setattr(reading, "PARALLEL", 1)


@pytest.fixture
def theirs(platform: Simulator) -> Theirs:
    return Theirs(platform)


@pytest.fixture
def company(db) -> Company:
    return people.found_company(code="waiqin", name="外勤公司")


@pytest.fixture
def ours(theirs: Theirs, company: Company) -> Ours:
    actor = Actor.system(company.pk)
    apps.configure_app(
        actor=actor, kind=App.Kind.WECOM_APP, platform_id=CORP_ID, agent_id=1000002, secret="secret-of-the-app"
    )
    apps.configure_app(
        actor=actor,
        kind=App.Kind.WECOM_CONTACTS,
        platform_id=CORP_ID,
        secret="secret-of-the-assistant",
        callback_token=TOKEN,
        aes_key=AES_KEY,
    )
    return Ours(company)


@pytest.fixture
def assistant(ours: Ours) -> Platform:
    """The platform, calling back for the contacts assistant."""
    app = App.objects.get(kind=App.Kind.WECOM_CONTACTS)
    return Platform(f"/api/v1/callbacks/wecom/{app.public_id}", receiver=CORP_ID)


@pytest.fixture
def directory(ours: Ours) -> WecomDirectory:
    return ours.directory
