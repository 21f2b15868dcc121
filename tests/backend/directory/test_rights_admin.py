"""An administrator ticks boxes: what a role may do and see, and what the phones show."""

import re

import pytest
from django.test import Client

from backend.directory.models import Role
from backend.directory.roles import CAPABILITIES, FIELDS, RESOURCES
from backend.events.models import Event

ROLES, COMPANIES = "/admin/directory/role", "/admin/directory/company"


@pytest.fixture
def admin(cast) -> Client:
    client = Client()
    client.force_login(cast.qian)
    return client


def ticked(**more):
    return {
        "code": "clerk",
        "name": "文员",
        "seen_version": "0",
        "capabilities": ["order.read", "stock.read"],
        "fields_seen": ["stock"],
        **{f"scope_{resource}": "own" for resource in RESOURCES},
        "scope_order": "subtree",
        **more,
    }


def test_a_role_is_ticked_together(admin, cast):
    assert admin.post(f"{ROLES}/add/", ticked()).status_code == 302
    role = Role.objects.get(company=cast.company, code="clerk")
    assert (role.capabilities, role.fields, role.is_staff) == (["order.read", "stock.read"], ["stock"], False)
    assert role.scopes == dict.fromkeys(RESOURCES, "own") | {"order": "subtree"}
    assert Event.objects.get(name="role.created", subject_id=role.pk).actor == cast.qian
    page = admin.get(f"{ROLES}/{role.pk}/change/").content.decode()
    assert re.findall(r'value="([^"]+)"[^>]* checked[ >]', page) == ["order.read", "stock.read", "stock"]
    assert '<option value="subtree" selected>' in page
    changed = ticked(seen_version="1", capabilities=["order.read"], is_staff="on")
    assert admin.post(f"{ROLES}/{role.pk}/change/", changed).status_code == 302
    role.refresh_from_db()
    assert (role.capabilities, role.is_staff, role.version) == (["order.read"], True, 2)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["本部门及下级", "查看订单", "成本价", "可以做什么", "移交与委托"]),
        ("en", ["own department and all below", "see orders", "cost prices", "What they may do"]),
    ],
)
def test_every_choice_is_named_in_the_readers_language(admin, language, words):
    page = admin.get(f"{ROLES}/add/", headers={"Accept-Language": language}).content.decode()
    assert [word for word in words if word not in page] == []
    assert [name for name in (*CAPABILITIES, *FIELDS) if f'value="{name}"' not in page] == []
    assert [name for name in RESOURCES if f'name="scope_{name}"' not in page] == []


def test_what_is_none_is_refused_in_words(admin):
    for wrong, said in (
        ({"scope_order": "galaxy"}, "选择一个有效的选项"),
        ({"capabilities": ["all"]}, "选择一个有效的选项"),
        ({"name": ""}, "必填项"),
    ):
        assert said in admin.post(f"{ROLES}/add/", ticked(**wrong)).content.decode()
    assert not Role.objects.filter(code="clerk").exists()


def test_of_two_administrators_at_once_the_second_is_told(admin, cast):
    role = Role.objects.get(company=cast.company, code="rep")
    stale = ticked(seen_version=str(role.version), name="业务代表")
    admin.post(f"{ROLES}/{role.pk}/change/", stale)
    reply = admin.post(f"{ROLES}/{role.pk}/change/", stale | {"name": "销售"}, follow=True)
    assert "数据已被他人修改" in reply.content.decode()
    role.refresh_from_db()
    assert role.name == "业务代表"


def test_he_cannot_untick_his_own_administration(admin, cast):
    role = Role.objects.get(company=cast.company, code="administrator")
    reply = admin.post(f"{ROLES}/{role.pk}/change/", ticked(seen_version=str(role.version)), follow=True)
    assert "不能撤销自己的管理权限" in reply.content.decode()
    role.refresh_from_db()
    assert set(role.capabilities) == set(CAPABILITIES)


def test_what_the_phones_show_is_switched_for_the_own_company_only(admin, cast, api):
    address = f"{COMPANIES}/{cast.company.pk}/change/"
    shown = ["customers", "visits", "expenses", "stock", "directory_admin", "audit"]
    for _ in range(2):
        assert admin.post(address, {"features": shown}).status_code == 302
    cast.company.refresh_from_db()
    assert cast.company.features_off == ["orders"]
    assert Event.objects.filter(name="company.features_switched").count() == 1
    assert (api(cast.li).get("/me").json()["features"]["orders"], cast.acme.features_off) == (False, [])
    assert api(cast.li).get("/orders").status_code == 200  # hidden, not forbidden: that is for the roles
    assert "甲公司" not in admin.get(f"{COMPANIES}/").content.decode()
    assert admin.post(f"{COMPANIES}/{cast.acme.pk}/change/", {"features": []}).status_code == 302
    assert admin.get(f"{COMPANIES}/add/").status_code == 403
    cast.acme.refresh_from_db()
    assert cast.acme.features_off == []
