"""The admin site guards its own door, shows one company only, and lets nobody ask for what no page shows."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as configured
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee, Session, Throttle
from backend.directory.services import people
from backend.erp.services.systems import put_system
from backend.events.models import Event
from tests.support.cast import PASSWORD
from tests.support.client import Caller, access_token
from tests.support.orders import make_shop

LOGIN = "/admin/login/?next=/admin/"


def sign_in(login: str = "waiqin/1005", password: str = PASSWORD, address: str = "203.0.113.1", **headers: str):
    form = {"username": login, "password": password}
    return Client(raise_request_exception=False).post(LOGIN, form, REMOTE_ADDR=address, headers=headers)


@pytest.fixture
def admin(cast) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.qian)
    return client


class TestTheDoor:
    def test_guessing_is_slowed_down_and_the_right_password_waits_too(self, cast):
        assert [sign_in(password="guess").status_code for _ in range(5)] == [200] * 5
        reply = sign_in()
        assert reply.status_code == 429
        assert int(reply.headers["Retry-After"]) >= 1
        assert "尝试次数过多" in reply.content.decode()
        with time_machine.travel(clock.now() + timedelta(seconds=5)):
            assert sign_in().status_code == 302

    def test_the_owner_gets_in_from_elsewhere_meanwhile(self, cast):
        for _ in range(6):
            sign_in(password="guess")
        assert sign_in(address="203.0.113.2").status_code == 302

    def test_one_address_cannot_try_many_accounts(self, cast):
        statuses = [sign_in(login=f"waiqin/{number}", password="guess").status_code for number in range(2000, 2022)]
        assert statuses == [200] * 20 + [429] * 2

    def test_many_addresses_cannot_try_one_account(self, cast):
        statuses = [sign_in(password="guess", address=f"198.51.100.{i}").status_code for i in range(52)]
        assert statuses == [200] * 50 + [429] * 2

    def test_a_forged_forwarding_header_gives_no_fresh_address(self, cast):
        replies = [sign_in(password="guess", **{"X-Forwarded-For": f"198.51.100.{i}"}) for i in range(6)]
        assert [reply.status_code for reply in replies] == [200] * 5 + [429]

    def test_what_was_typed_as_a_login_is_not_kept(self, cast):
        sign_in(login="my-secret-password")
        assert not [key for key in Throttle.objects.values_list("key", flat=True) if "my-secret" in key]

    def test_it_says_the_same_to_whoever_is_not_let_in(self, cast):
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.wang.pk, at=clock.now())
        pages = [
            sign_in(login=login, password=password, address=f"198.51.100.{i}").content.decode()
            for i, (login, password) in enumerate(
                [("waiqin/1005", "wrong"), ("nobody/1", "wrong"), ("waiqin/1003", PASSWORD), ("waiqin/1002", PASSWORD)]
            )
        ]
        said = {page[page.index("errornote") :][:300].split("name=")[0] for page in pages}
        assert len(said) == 1

    def test_it_works_as_hard_for_a_stranger_as_for_a_wrong_password(self, cast, monkeypatch):
        from django.contrib.auth import hashers

        hashed = []
        hasher = hashers.get_hasher()
        encode = type(hasher).encode
        monkeypatch.setattr(type(hasher), "encode", lambda self, *a, **k: hashed.append(1) or encode(self, *a, **k))
        work = []
        for login in ("waiqin/1005", "nobody/1"):
            hashed.clear()
            sign_in(login=login, password="wrong", address=f"198.51.100.{len(work)}")
            work.append(len(hashed))
        assert work == [1, 1]

    def test_a_given_password_must_be_changed_first(self, cast):
        cast.qian.must_change_password = True
        cast.qian.save(update_fields=["must_change_password"])
        client = Client()
        client.post(LOGIN, {"username": "waiqin/1005", "password": PASSWORD})
        for path in ("/admin/", "/admin/directory/employee/"):
            assert client.get(path).headers["Location"] == "/admin/password_change/"
        before = Employee.objects.count()
        client.post("/admin/directory/department/add/", {"code": "south", "name": "华南区"})
        assert Employee.objects.count() == before

    def test_changing_it_ends_every_device_and_is_on_record(self, admin, cast):
        phone = Caller(access_token(cast.qian))
        form = {"old_password": PASSWORD, "new_password1": "a-new-long-phrase", "new_password2": "a-new-long-phrase"}
        wrong = admin.post("/admin/password_change/", form | {"old_password": "x"})
        assert wrong.status_code == 200
        assert phone.get("/me").status_code == 200
        done = admin.post("/admin/password_change/", form)
        assert (done.status_code, done.headers["Location"]) == (302, "/admin/password_change/done/")
        assert admin.get("/admin/").status_code == 200
        assert phone.get("/me").status_code == 401
        assert Session.objects.get(employee=cast.qian).revoked_reason == "password_changed"
        assert Event.objects.filter(name="employee.password_changed", subject_id=cast.qian.pk).count() == 1
        assert sign_in(password="a-new-long-phrase").status_code == 302

    def test_a_leaver_is_out_with_his_next_click(self, admin, cast):
        assert admin.get("/admin/").status_code == 200
        Employee.objects.filter(pk=cast.qian.pk).update(is_active=False)
        assert admin.get("/admin/").status_code == 302

    def test_its_cookies_stay_with_it(self, cast):
        client = Client()
        client.get("/admin/login/")
        cookies = client.post(LOGIN, {"username": "waiqin/1005", "password": PASSWORD}).cookies
        assert {"sessionid", "csrftoken"} == set(cookies)
        for cookie in cookies.values():
            assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/admin/", "Lax", True)
        assert cookies["sessionid"]["max-age"] == ""
        assert configured.SESSION_COOKIE_AGE <= 12 * 3600

    def test_another_sites_form_is_refused(self, cast):
        client = Client(enforce_csrf_checks=True)
        client.force_login(cast.qian)
        reply = client.post("/admin/directory/department/add/", {"code": "south", "name": "华南区"})
        assert reply.status_code == 403

    def test_it_leads_nowhere_else(self, cast):
        form = {"username": "waiqin/1005", "password": PASSWORD}
        reply = Client().post("/admin/login/?next=https://evil.example/", form | {"next": "https://evil.example/"})
        assert reply.headers["Location"] == "/admin/"


class TestOneCompany:
    @pytest.mark.parametrize(
        "path", ["/admin/directory/employee/", "/admin/erp/outbox/", "/admin/erp/inboxmessage/", "/admin/"]
    )
    def test_filters_offer_nothing_of_another(self, admin, cast, path):
        shop = make_shop(cast)
        acme, at = Actor.system(cast.acme.pk), clock.now()
        people.put_department(actor=acme, code="x", name="甲公司机密部", parent_id=None, at=at)
        put_system(actor=Actor.system(cast.acme.pk), code="u8", name="甲公司用友", at=clock.now())
        put_system(actor=shop.system, code="files", name="文件", at=clock.now())  # one alone makes no filter
        page = admin.get(path).content.decode()
        assert "机密部" not in page
        assert "甲公司" not in page
        assert shop.erp.name in page or "outbox" not in path

    @pytest.mark.parametrize(
        "query",
        [
            "password__startswith=md5",
            "department__company__code=acme",
            "manager__password__startswith=md5",
            "department__code__startswith=e",
            "roles__capabilities__contains=x",
            "company__code=waiqin",
            "phone__startswith=1",
            "is_active__exact=1&login__gt=a",
        ],
    )
    def test_what_no_page_shows_cannot_be_asked_for(self, admin, query):
        assert admin.get(f"/admin/directory/employee/?{query}").status_code == 400

    def test_what_the_page_offers_can(self, admin, cast):
        page = admin.get(f"/admin/directory/employee/?department__id__exact={cast.north.pk}").content.decode()
        assert "赵强" in page
        assert "李雷" not in page

    def test_things_of_another_are_not_there(self, admin, cast):
        for path in ("change/", "delete/", "history/"):
            reply = admin.get(f"/admin/directory/employee/{cast.sun.pk}/{path}", follow=True)
            assert "孙丽" not in reply.content.decode()
        admin.post(
            "/admin/directory/employee/", {"action": "dismiss", "_selected_action": [str(cast.sun.pk)]}, follow=True
        )
        cast.sun.refresh_from_db()
        assert cast.sun.is_active
