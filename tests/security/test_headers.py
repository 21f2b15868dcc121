"""What browsers are told: nothing may frame, sniff or cache our answers, and no other site's page may read them."""

import pytest
from django.test import Client

from tests.support.cast import PASSWORD
from tests.support.client import BASE, access_token

H5 = "https://h5.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
ANSWERS = {
    "health": "/healthz",
    "documentation": "/api/docs",
    "contract": f"{BASE}/openapi.json",
    "a list": f"{BASE}/employees",
    "a hot read": f"{BASE}/visits",
    "unknown path": f"{BASE}/nothing-here",
    "outside of everything": "/nothing-here",
    "wrong method": f"{BASE}/auth/password",
    "admin": "/admin/",
    "admin login": "/admin/login/",
    "static file": "/static/ninja/swagger-ui.css",
    "forged link": f"{BASE}/files/01a20370-e3c1-7056-bf12-f82c78d301ef/content?variant=original&expires=1&signature=x",
}


@pytest.fixture
def http(cast) -> Client:
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {access_token(cast.li)}"})


@pytest.mark.parametrize("path", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_protects_itself(http, path):
    headers = http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers or path.startswith("/admin/")


def test_what_comes_from_the_api_runs_nothing(http):
    assert http.get(f"{BASE}/me").headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_documentation_runs_only_scripts_of_ours(http):
    reply = http.get("/api/docs")
    assert "script-src 'self';" in reply.headers["Content-Security-Policy"]
    page = reply.content.decode()
    assert "<script>" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_no_token_stays_in_a_cache(http):
    device = {"id": "phone-1"}
    body = {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": device}
    assert http.post(f"{BASE}/auth/password", body, content_type="application/json").headers["Cache-Control"] == (
        "no-store"
    )
    assert http.get(f"{BASE}/auth/sessions").headers["Cache-Control"] == "no-store"


def test_a_phone_may_keep_what_it_can_ask_about_again(http):
    first = http.get(f"{BASE}/visits")
    again = http.get(f"{BASE}/visits", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"


def test_over_tls_browsers_are_told_to_stay_there(db, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert Client().get("/healthz", secure=True).headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in Client().get("/healthz").headers


class TestOtherSites:
    def test_are_closed_out_by_default(self, http):
        asked = http.options(f"{BASE}/visits", headers={"Origin": H5, **PREFLIGHT})
        assert asked.status_code == 405
        assert not [name for name in asked.headers if name.startswith("Access-Control-")]
        assert "Access-Control-Allow-Origin" not in http.get(f"{BASE}/me", headers={"Origin": H5}).headers

    def test_are_let_in_by_name(self, http, settings):
        settings.CORS_ORIGINS = frozenset({H5})
        asked = http.options(f"{BASE}/visits", headers={"Origin": H5, **PREFLIGHT})
        assert (asked.status_code, asked.content) == (204, b"")
        assert asked.headers["Access-Control-Allow-Origin"] == H5
        assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
        for reply in (
            http.get(f"{BASE}/me", headers={"Origin": H5}),
            Client().get(f"{BASE}/me", headers={"Origin": H5}),
        ):
            assert reply.headers["Access-Control-Allow-Origin"] == H5
            assert "Origin" in reply.headers["Vary"]

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", f"{H5}.evil.example", "http://h5.example.com", f"{H5}:8443", "null", f"{H5}/", "*"],
    )
    def test_and_no_others_with_them(self, http, settings, origin):
        settings.CORS_ORIGINS = frozenset({H5})
        assert http.options(f"{BASE}/visits", headers={"Origin": origin, **PREFLIGHT}).status_code == 405
        reply = http.get(f"{BASE}/me", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert "Origin" in reply.headers["Vary"]

    def test_never_get_cookies_nor_the_admin_site(self, http, settings):
        settings.CORS_ORIGINS = frozenset({H5})
        assert "Access-Control-Allow-Credentials" not in http.get(f"{BASE}/me", headers={"Origin": H5}).headers
        for path in ("/admin/", "/admin/login/", "/metrics"):
            assert "Access-Control-Allow-Origin" not in http.get(path, headers={"Origin": H5}).headers


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", ""])
@pytest.mark.parametrize("path", ["/admin/login/", f"{BASE}/me", "/api/docs"])
def test_only_our_own_names_are_answered(http, host, path):
    reply = http.get(path, headers={"Host": host})
    assert reply.status_code == 400
    assert host.encode() not in reply.content or not host
