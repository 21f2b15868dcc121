"""Files kept for three days, tickets for signing pages, and the platform's own addresses."""

import hashlib
import http.client

import pytest
import requests

from tests.infra.simulators.wechat.conftest import GETTOKEN
from tests.simulators import Simulator
from tests.support.pictures import picture

VECTOR = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


@pytest.fixture
def token(platform: Simulator) -> str:
    return platform.call(GETTOKEN)["access_token"]


@pytest.fixture
def upload(platform: Simulator, token: str):
    """`upload(content, type=…)` as the requests library writes a form."""

    def upload(content: bytes, *, type: str = "image", field: str = "media", filename: str = "照片.jpg") -> dict:
        query = {"access_token": token, "type": type}
        files = {"other": ("x", b"--x\r\n\r\n"), field: (filename, content, "image/jpeg")}
        return requests.post(f"{platform.url}/cgi-bin/media/upload", params=query, files=files, timeout=30).json()

    return upload


@pytest.fixture
def get(platform: Simulator, token: str):
    def get(media_id: str) -> requests.Response:
        query = {"access_token": token, "media_id": media_id}
        return requests.get(f"{platform.url}/cgi-bin/media/get", params=query, timeout=30)

    return get


def test_a_file_comes_back_byte_for_byte(upload, get):
    content = picture() + b"\r\n--\r\n\r\n\0\n"
    answer = upload(content)
    assert (answer["errcode"], answer["type"], answer["created_at"].isdigit()) == (0, "image", True)
    response = get(answer["media_id"])
    assert response.content == content
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Disposition"] == 'attachment; filename="%E7%85%A7%E7%89%87.jpg"'


@pytest.mark.parametrize(
    ("content", "changes", "errcode"),
    [
        (b"", {}, 44001),
        (b"12345", {"type": "file"}, 40006),
        (b"123456", {"type": "file"}, 0),
        (b"x" * (20 * 1024 * 1024 + 1), {"type": "file"}, 40006),
        (b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024), {}, 40009),
        (b"<html>no photo</html>", {}, 40005),
        (b"#!AMR...", {"type": "voice"}, 0),
        (b"\0\0\0\x20ftypisom", {"type": "video"}, 0),
        (b"123456", {"type": "poem"}, 40004),
        (b"123456", {"field": "file"}, 41005),
    ],
)
def test_a_file_is_checked(upload, content: bytes, changes: dict, errcode: int):
    assert upload(content, **changes)["errcode"] == errcode


def test_what_is_no_form_is_refused(platform: Simulator, token: str):
    assert platform.call("/cgi-bin/media/upload?type=file", b"raw", access_token=token)["errcode"] == 41005


def test_a_file_is_gone_after_three_days_and_the_answer_is_json(platform: Simulator, upload, get):
    media_id = upload(picture())["media_id"]
    platform.advance(3 * 86_400)
    token = platform.call(GETTOKEN)["access_token"]
    query = {"access_token": token, "media_id": media_id}
    response = requests.get(f"{platform.url}/cgi-bin/media/get", params=query, timeout=30)
    assert (response.status_code, response.json()["errcode"]) == (200, 40007)
    assert get("made-up").json()["errcode"] == 42001


def test_hammering_one_file_is_refused(upload, get):
    media_id = upload(b"123456", type="file")["media_id"]
    answers = [get(media_id) for _ in range(61)]
    assert answers[59].content == b"123456"
    assert answers[60].json()["errcode"] == 45033


@pytest.mark.parametrize(
    ("given", "size"), [({"size": 0}, 0), ({"size": 25_000_000}, 25_000_000), ({"content": "PGh0bWw+"}, 6)]
)
def test_a_phone_hands_over_anything(platform: Simulator, get, given: dict, size: int):
    media_id = platform.call("/__sim/upload_by_jssdk", given)["media_id"]
    response = get(media_id)
    assert (len(response.content), response.headers["Content-Type"]) == (size, "image/jpeg")


@pytest.mark.parametrize("given", [{"size": -1}, {"size": "5"}, {"content": "?"}, {"corp_id": "ww-none"}])
def test_a_wrong_hand_over_is_refused(platform: Simulator, given: dict):
    assert platform.call("/__sim/upload_by_jssdk", given)["error"]


def ticket(wecom, path: str = "/cgi-bin/get_jsapi_ticket", **more: str) -> str:
    answer = wecom(path, **more)
    assert (answer["errcode"], 7195 < answer["expires_in"] <= 7200) == (0, True)
    return answer["ticket"]


AGENT = {"path": "/cgi-bin/ticket/get", "type": "agent_config"}


def signed(value: str, url: str = "https://h5.example.com:8443/a?b=1") -> dict[str, str]:
    text = f"jsapi_ticket={value}&noncestr=n&timestamp=1&url={url}"
    return {"url": url + "#hash", "timestamp": "1", "nonce": "n", "signature": hashlib.sha1(text.encode()).hexdigest()}


def test_the_signature_of_the_documents():
    """The example of the page, which the stand-in's rule must reproduce."""
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    text = (
        f"jsapi_ticket={ticket}&noncestr=Wm3WZYTPz0wzccnW&timestamp=1414587457&url=http://mp.weixin.qq.com?params=value"
    )
    assert hashlib.sha1(text.encode()).hexdigest() == VECTOR


def test_a_page_proves_its_signature(platform: Simulator, wecom):
    def check(kind: str, given: dict) -> int:
        return platform.call("/__sim/check_signature", {"kind": kind, "agent_id": 1000002, **given})["errcode"]

    corp, mine, other = ticket(wecom), ticket(wecom, **AGENT), ticket(wecom, **AGENT, secret="another-secret")
    assert len({corp, mine, other}) == 3
    assert check("corp", signed(corp)) == 0
    assert check("agent", signed(mine)) == 0
    assert check("agent", signed(other)) == 42012
    assert check("agent", signed(corp)) == 42012
    assert check("agent", signed("made-up")) == 40093
    assert check("agent", signed(mine, "https://h5.example.com/")) == 50001
    platform.advance(7200)
    assert check("agent", signed(mine)) == 40093


def test_a_ticket_stays_while_it_is_valid_and_is_rationed(platform: Simulator, wecom):
    assert len({ticket(wecom, **AGENT) for _ in range(100)}) == 1
    assert wecom(**AGENT)["errcode"] == 45009
    assert wecom("/cgi-bin/ticket/get", secret="another-secret")["errcode"] == 40058


def test_an_official_account_has_a_ticket_of_its_own(platform: Simulator, weixin):
    value = weixin("/cgi-bin/ticket/getticket", app_id="wx-oa", type="jsapi")["ticket"]
    given = signed(value, "https://h5.example.com/")
    assert platform.call("/__sim/check_signature", {"kind": "account", "app_id": "wx-oa", **given})["errcode"] == 0
    assert weixin("/cgi-bin/ticket/getticket", app_id="wx-oa")["errcode"] == 40097
    assert weixin("/cgi-bin/ticket/getticket", app_id="wx-mini", type="jsapi")["errcode"] == 48001


@pytest.mark.parametrize("path", ["/cgi-bin/getcallbackip", "/cgi-bin/get_api_domain_ip"])
def test_the_platform_names_its_addresses(wecom, path: str):
    assert wecom(path)["ip_list"] == ["127.0.0.1"]
    assert wecom(path, secret="contacts-secret")["errcode"] == 0


def test_a_body_beyond_all_measure_is_not_read(platform: Simulator):
    connection = http.client.HTTPConnection(platform.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/cgi-bin/media/upload")
    connection.putheader("Content-Length", str(65 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
