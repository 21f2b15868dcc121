"""What is answered outside the operations: a page in both languages to a browser, a problem document to a program, and
figures to nobody but whoever may read them. Never a trace, a path or a version."""

import pytest
from django.test import Client

from backend.core.addresses import is_loopback

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SAID = {
    400: ("请求格式有误", "Bad request"),
    403: ("没有权限", "Forbidden"),
    404: ("没有找到", "Not found"),
    500: ("服务器内部错误", "Internal error"),
}
TELLTALE = ("Traceback", "django", "Django", "Python", "/usr/", "site-packages", "secret detail", "csrf", "evil")


def is_page(reply, status: int) -> None:
    text = reply.content.decode()
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert all(words in text for words in SAID[status]), text
    assert reply.headers["X-Request-Id"] in text
    assert not [word for word in TELLTALE if word in text]


def is_problem(reply, status: int, code: str) -> None:
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert not [word for word in TELLTALE if word in reply.content.decode().replace(reply.json()["instance"], "")]


@pytest.fixture
def http(db) -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", ["/", "/wp-login.php", "/evil<script>", "/static/none.js", "/admin", "/api/v2/me/"])
def test_what_is_not_there(http, path):
    reply = http.get(path, headers=BROWSER)
    if path.startswith("/api/"):
        is_problem(reply, 404, "not_found")
    else:
        is_page(reply, 404)
        assert "Accept" in reply.headers["Vary"]
    is_problem(http.get(path), 404, "not_found")
    is_problem(http.post(path, {}, "application/json", headers={"Accept": "application/json"}), 404, "not_found")


def test_a_host_that_is_not_ours(http):
    is_page(http.get("/", headers=BROWSER | {"Host": "evil.example"}), 400)
    is_problem(http.get("/", headers={"Host": "evil.example"}), 400, "bad_request")


def test_a_form_without_proof_of_its_origin(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.qian)
    is_page(client.post("/admin/directory/department/add/", {"code": "south"}, headers=BROWSER), 403)
    is_problem(client.post("/admin/directory/department/add/", {"code": "south"}), 403, "forbidden")


def test_a_crash_of_the_admin_site(http, cast, monkeypatch):
    def broken(**options):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("backend.directory.admin_site.PasswordChangeView.as_view", broken)
    http.force_login(cast.qian)
    is_page(http.get("/admin/password_change/", headers=BROWSER), 500)
    is_problem(http.get("/admin/password_change/"), 500, "internal_error")


class TestMetrics:
    TOKEN = "0123456789abcdef" * 4

    def test_with_a_token_only_whoever_has_it(self, http, settings):
        settings.METRICS_TOKEN = self.TOKEN
        for given in ("", self.TOKEN, f"Bearer {self.TOKEN}x", f"Basic {self.TOKEN}", "Bearer ", "Bearer \xff"):
            reply = http.get("/metrics", headers={"Authorization": given} if given else {})
            is_problem(reply, 401, "unauthenticated")
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")
            assert b"waiqin_requests" not in reply.content
        reply = http.get("/metrics", headers={"Authorization": f"Bearer {self.TOKEN}"}, REMOTE_ADDR="203.0.113.9")
        assert reply.status_code == 200
        assert b"waiqin_requests_total" in reply.content

    def test_without_one_production_is_closed_even_to_itself(self, http, settings):
        settings.PRODUCTION = True
        is_problem(http.get("/metrics"), 404, "not_found")

    @pytest.mark.parametrize(
        ("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("203.0.113.9", 404), ("10.0.0.2", 404), ("", 404)]
    )
    def test_without_one_a_desk_shows_them_to_itself(self, http, address, status):
        assert http.get("/metrics", REMOTE_ADDR=address).status_code == status

    def test_behind_a_proxy_a_claimed_address_does_not_help(self, http, settings):
        settings.TRUSTED_PROXIES = 1
        claimed = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}
        is_problem(http.get("/metrics", headers=claimed), 404, "not_found")

    def test_this_machine_in_every_spelling(self):
        assert all(is_loopback(each) for each in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"))
        assert not any(is_loopback(each) for each in ("", "localhost", "::2", "::ffff:10.0.0.1", "0.0.0.0"))
