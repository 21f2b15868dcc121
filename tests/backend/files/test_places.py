"""The position goes out of kept files, and nothing else does."""

import io
import random
import struct
import time

import pytest
from PIL import Image, PngImagePlugin

from backend.core import clock
from backend.events.owed import Owed
from backend.files import images, keys, places, processing, selectors, services
from backend.files.models import Attachment, FileJob
from tests.support.files import fetch, uploaded
from tests.support.pictures import FORMATS, encoded, exif, picture, scene

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>31,13.824N</exif:GPSLatitude></x:xmpmeta>'
APPLE, ANDROID = b"+31.2304+121.4737+004.231/", b"+31.2304+121.4737/"


def evidence(content: bytes, content_type: str) -> images.Evidence:
    return images.read(content, content_type=content_type, timezone="Asia/Shanghai").evidence


def pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB").tobytes()


@pytest.mark.parametrize("content_type", FORMATS)
def test_of_a_picture_all_but_the_position_stays(content_type):
    content = picture(content_type, size=(640, 480), exif=exif(), xmp=XMP)
    before = evidence(content, content_type)
    assert before.lat == pytest.approx(31.2304)
    without = places.removed(content)
    after = evidence(without, content_type)
    assert (after.taken_at, after.lat, after.lng) == (before.taken_at, None, None)
    assert pixels(without) == pixels(content)
    assert not images.claims_place(without, content_type=content_type)
    assert b"31,13.824N" not in without
    assert b"Xiaomi" in without  # the camera's name, as of all else, is still there
    if content_type != "image/png":
        assert len(without) == len(content)
    assert places.removed(without) == without


def test_not_one_byte_of_the_compressed_picture_is_touched():
    content = picture(size=(640, 480), exif=exif(orientation=6))
    without = places.removed(content)
    differing = [at for at, (one, other) in enumerate(zip(content, without, strict=True)) if one != other]
    scan = content.index(b"\xff\xdb")  # the first table of the picture itself
    assert 0 < len(differing) <= 64
    assert max(differing) < scan


@pytest.mark.parametrize("content_type", FORMATS)
def test_what_says_nothing_of_a_place_is_left_as_it_is(content_type):
    for told in ({}, {"exif": exif(place=False)}):
        content = picture(content_type, **told)
        assert places.removed(content) == content


def test_packed_text_of_a_png_goes():
    told = PngImagePlugin.PngInfo()
    told.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    told.add_text("Comment", "31.2304, 121.4737", zip=True)
    content = encoded(scene(), "image/png", pnginfo=told, exif=exif())
    without = places.removed(content)
    with Image.open(io.BytesIO(without)) as image:
        image.load()
        assert not getattr(image, "text", {})
    assert pixels(without) == pixels(content)


def test_the_position_in_a_film_and_behind_a_photo_goes():
    noise = random.Random(1).randbytes(50_000)
    for said in (APPLE, ANDROID):
        film = b"\0\0\0\x18ftypmp42" + noise + b"\xa9xyz\0\x12\x15\xc7" + said + noise
        without = places.removed(film)
        assert len(without) == len(film)
        assert said not in without
        assert without.replace(b"0" * len(said), said) == film
    moving = picture(exif=exif()) + b"\0\0\0\x18ftypmp42" + APPLE
    assert APPLE not in places.removed(moving)


def loci(name: bytes = "外滩".encode()) -> bytes:
    """As 3GPP TS 26.244 says it: 121.4737 E, 31.2304 N in 16.16 bits."""
    place = struct.pack(">iii", round(121.4737 * 65536), round(31.2304 * 65536), 4 << 16)
    body = b"\0\0\0\0\x55\xc4" + name + b"\0\0" + place + b"earth\0\0"
    return struct.pack(">I", len(body) + 8) + b"loci" + body


def test_a_place_by_3gpp_and_one_in_whole_seconds_go_too():
    noise = random.Random(2).randbytes(50_000)
    said = loci()
    film = b"\0\0\0\x18ftyp3gp5" + noise + said + noise
    assert places.told_by_film(film)
    without = places.removed(film)
    assert not places.told_by_film(without)
    assert without == film.replace(said[12:], bytes(len(said) - 12))
    assert places.removed(noise + b"+311349+1212825/" + noise) == noise + b"0" * 16 + noise
    text = b"loci of interest: location 12+345/6"
    assert places.removed(text) == text


def test_xmp_without_its_wrapper_goes_too():
    bare = b'<rdf:RDF xmlns:rdf="r"><exif:GPSLatitude>31,13.824N</exif:GPSLatitude></rdf:RDF>'
    content = picture("image/webp", xmp=bare)
    without = places.removed(content)
    assert (b"31,13.824N" in content, b"31,13.824N" in without, len(without)) == (True, False, len(content))
    assert pixels(without) == pixels(content)


def test_no_file_costs_more_than_seconds():
    """Each of these took minutes, or would."""
    tiff = b"MM\0*\0\0\0\x08\0\xff" + b"\x88\x25\0\4\0\0\0\1\0\0\0\x08" * 3
    started = time.process_time()
    for bit in (b"<x:xmpmeta ", b"<rdf:RDF ", b"II*\0", tiff, b"\0\0\x0f\xffloci", b"\0\0\x0f\xff\xa9xyz", b"+1111"):
        crafted = bit * (4_000_000 // len(bit))
        places.removed(crafted)
        places.told_by_film(crafted)
    assert time.process_time() - started < 6


def test_bytes_of_chance_are_never_changed():
    dice = random.Random(11)
    for _ in range(300):
        noise = bytearray(dice.randbytes(4000))
        for at in range(0, 4000, 97):
            noise[at : at + 4] = dice.choice((b"II*\0", b"MM\0*"))
            noise[at + 4 : at + 8] = dice.randrange(8, 300).to_bytes(4, "little")
        assert places.removed(bytes(noise)) == bytes(noise)


@pytest.fixture
def photo(api, cast, store, work) -> Attachment:
    file = uploaded(api(cast.li), picture(size=(800, 600), exif=exif()))
    work()
    return Attachment.objects.get(pk=file["id"])


def test_it_is_done_once_by_a_job_and_the_rest_goes_on(api, cast, store, photo, work):
    content = store.read(photo.original, limit=photo.size)
    for _ in range(2):
        services.coarsen_places(attachment_ids=[photo.pk], decimals=2, at=clock.now())
    owed = FileJob.objects.filter(attachment=photo, work=FileJob.Work.FORGET_PLACE)
    assert owed.count() == 1
    work()
    photo.refresh_from_db()
    kept = store.read(photo.original, limit=photo.size + 1)
    assert (photo.lat, photo.lng) == (31.23, 121.47)
    assert evidence(kept, "image/jpeg").lat is None
    assert (len(kept), pixels(kept)) == (photo.size, pixels(content))
    found = api(cast.li).get(f"/files/{photo.pk}").json()
    assert found["place_removed_at"] is not None
    assert fetch(found["links"]["original"])[0] == kept

    version = photo.version
    owed.update(status=Owed.Status.PENDING, due_at=clock.now())
    assert processing.process(owed.get().pk)  # as after a worker was killed
    photo.refresh_from_db()
    assert (photo.version, store.read(photo.original, limit=photo.size)) == (version, kept)
    services.coarsen_places(attachment_ids=[photo.pk], decimals=2, at=clock.now())
    assert owed.count() == 1

    again = uploaded(api(cast.zhao), content)
    actor = cast.actor(cast.li)
    services.caption(actor=actor, attachment_id=photo.pk, lines=["李雷"], at=clock.now())
    work()
    photo.refresh_from_db()
    assert (photo.status, photo.rendered, photo.lat) == ("ready", 2, 31.23)  # nothing exact came back
    assert photo.taken_at is not None
    assert [each.pk for each in selectors.same_content(Attachment.objects.get(pk=again["id"]))] == [photo.pk]


def test_a_position_that_is_not_found_is_told_and_the_original_kept(store, photo, work, monkeypatch):
    content = store.read(photo.original, limit=photo.size)
    monkeypatch.setattr(places, "removed", lambda content: content)
    services.coarsen_places(attachment_ids=[photo.pk], decimals=2, at=clock.now())
    work()
    assert FileJob.objects.get(attachment=photo, work="forget_place").status == "dead"
    photo.refresh_from_db()
    assert photo.place_removed_at is None
    assert store.read(keys.original(photo), limit=photo.size) == content
