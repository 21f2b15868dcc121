import base64
import hashlib

import pytest

from backend.wechat import media, wecom
from backend.wechat.errors import BadPayload, MediaGone, RateLimited, Transient
from backend.wechat.models import App
from tests.simulators import Simulator

UPLOAD, GET = "/cgi-bin/media/upload", "/cgi-bin/media/get"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000
PAGE = b"<html>not a picture</html>"


def upload(app: App, content: bytes = JPEG, kind: str = "image") -> str:
    return wecom.client_for(app).upload_media(kind, "门头照.jpg", content)


def by_jssdk(platform: Simulator, content: bytes = b"", **changes: object) -> str:
    given = {"content": base64.b64encode(content).decode()} | changes
    return platform.call("/__sim/upload_by_jssdk", given)["media_id"]


def test_what_goes_up_comes_down(platform: Simulator, app: App):
    media_id = upload(app)
    file = wecom.client_for(app).download_media(media_id)
    assert hashlib.sha256(file.content).digest() == hashlib.sha256(JPEG).digest()


def test_an_upload_goes_whole_a_second_time_when_the_token_has_died(platform: Simulator, app: App):
    first = upload(app)
    platform.revoke_tokens()
    second = upload(app)
    assert len(platform.requests(UPLOAD)) == 3
    client = wecom.client_for(app)
    assert client.download_media(first).content == client.download_media(second).content == JPEG


@pytest.mark.parametrize("kind", media.MAX_BYTES)
@pytest.mark.parametrize("content", [b"", b"tiny!", PAGE], ids=["empty", "five bytes", "page"])
def test_what_is_not_its_kind_is_not_sent(platform: Simulator, app: App, kind: str, content: bytes):
    if (kind, content) == ("file", PAGE):
        assert upload(app, content, kind)
        return
    with pytest.raises(BadPayload):
        upload(app, content, kind)
    assert platform.requests() == []


def test_too_much_is_not_sent(platform: Simulator, app: App):
    with pytest.raises(BadPayload):
        upload(app, JPEG + bytes(media.MAX_BYTES["image"]))
    assert platform.requests() == []


def test_an_expired_file_is_gone(platform: Simulator, app: App):
    media_id = upload(app)
    platform.advance(3 * 86400)
    with pytest.raises(MediaGone):
        wecom.client_for(app).download_media(media_id)


def test_a_page_that_is_called_a_picture_is_refused(platform: Simulator, app: App):
    with pytest.raises(BadPayload):
        wecom.client_for(app).download_media(by_jssdk(platform, PAGE))


def test_an_empty_file_is_not_taken_for_one(platform: Simulator, app: App):
    with pytest.raises(Transient):
        wecom.client_for(app).download_media(by_jssdk(platform))


def test_a_file_without_end_is_not_read_to_its_end(platform: Simulator, app: App):
    with pytest.raises(BadPayload, match="more than"):
        wecom.client_for(app).download_media(by_jssdk(platform, size=25 * 1024 * 1024))


@pytest.mark.parametrize(
    "fault",
    [{"html": True}, {"status": 502}, {"close": True}, {"body": "", "headers": {"Content-Type": "image/jpeg"}}],
    ids=["page", "502", "closed", "empty"],
)
def test_trouble_that_passes_is_transient(platform: Simulator, app: App, fault: dict):
    media_id = upload(app)
    platform.faults({"path": GET, **fault})
    with pytest.raises(Transient):
        wecom.client_for(app).download_media(media_id)
    assert wecom.client_for(app).download_media(media_id).content == JPEG


def test_a_refusal_is_one_whatever_its_type_says(platform: Simulator, app: App):
    refusal = '{"errcode": 40007, "errmsg": "invalid media_id"}'
    for media_type in ("image/jpeg", "text/plain", "application/json; charset=UTF-8"):
        platform.faults({"path": GET, "body": refusal, "headers": {"Content-Type": media_type}})
        with pytest.raises(MediaGone):
            wecom.client_for(app).download_media("3xyz")


def test_who_insists_on_one_file_is_asked_to_wait(platform: Simulator, app: App):
    platform.faults({"path": GET, "errcode": 45033})
    with pytest.raises(RateLimited):
        wecom.client_for(app).download_media("3xyz")


def test_a_dead_token_does_not_lose_a_download(platform: Simulator, app: App):
    media_id = upload(app)
    platform.revoke_tokens()
    assert wecom.client_for(app).download_media(media_id).content == JPEG
