import io
import random
import struct
import zlib
from datetime import UTC, datetime

import pytest
from PIL import ExifTags, Image

from backend.files import images
from backend.files.rules import Reason, Refused
from tests.support.pictures import FORMATS, encoded, exif, picture, scene

SHANGHAI = "Asia/Shanghai"


def read(content: bytes, content_type: str = "image/jpeg") -> images.Picture:
    return images.read(content, content_type=content_type, timezone=SHANGHAI)


def refused(content: bytes, content_type: str = "image/jpeg") -> Reason:
    with pytest.raises(Refused) as caught:
        read(content, content_type)
    return caught.value.reason


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def differing_bits(one: int, other: int) -> int:
    return ((one ^ other) & (1 << 64) - 1).bit_count()


@pytest.mark.parametrize("content_type", FORMATS)
def test_every_kind_of_picture_gives_both_derivatives(content_type):
    found = read(picture(content_type, size=(2000, 1000)), content_type)
    assert (found.width, found.height) == (2000, 1000)
    assert opened(images.thumbnail(found)).size == (320, 160)
    assert opened(images.display(found, caption=[])).size == (1600, 800)


def test_a_small_picture_is_not_enlarged():
    found = read(picture(size=(100, 50)))
    assert opened(images.thumbnail(found)).size == (100, 50)
    assert opened(images.display(found, caption=[])).size == (100, 50)


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/webp", "image/heic"])
def test_time_and_place_are_read_as_evidence(content_type):
    evidence = read(picture(content_type, exif=exif()), content_type).evidence
    assert evidence.taken_at == datetime(2026, 11, 22, 2, 30, tzinfo=UTC)  # the company's zone is 8 hours ahead
    assert evidence.lat == pytest.approx(31.2304)
    assert evidence.lng == pytest.approx(121.4737)


def test_a_camera_that_names_its_zone_is_believed():
    assert read(picture(exif=exif(offset="+09:00"))).evidence.taken_at == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "nonsense", "9999:12:31 23:59:59", "1970:01:01 00:00:00", ""])
def test_a_time_that_cannot_be_is_no_evidence(taken):
    evidence = read(picture(exif=exif(taken=taken))).evidence
    assert evidence.taken_at is None
    assert evidence.lat == pytest.approx(31.2304)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (ExifTags.GPS.GPSLatitude, (91.0, 0.0, 0.0)),
        (ExifTags.GPS.GPSLongitude, (121.0, 28.0)),
        (ExifTags.GPS.GPSLongitude, (181.0, 0.0, 0.0)),
    ],
)
def test_a_place_that_cannot_be_is_no_evidence(tag, value):
    tags = exif()
    tags.get_ifd(ExifTags.IFD.GPSInfo)[tag] = value
    evidence = read(picture(exif=tags)).evidence
    assert (evidence.lat, evidence.lng) == (None, None)


def test_the_south_and_the_west_are_negative():
    tags = exif()
    tags.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitudeRef: "S", ExifTags.GPS.GPSLongitudeRef: "W"})
    evidence = read(picture(exif=tags)).evidence
    assert evidence.lat == pytest.approx(-31.2304)
    assert evidence.lng == pytest.approx(-121.4737)


def jpeg_segments(content: bytes) -> set[str]:
    """Names of all segments before the pixels, by their markers."""
    at, found = 2, set()
    while (marker := content[at + 1]) != 0xDA:
        found.add(f"{marker:02X}")
        at += 2 + int.from_bytes(content[at + 2 : at + 4])
    return found


def webp_chunks(content: bytes) -> list[bytes]:
    at, found = 12, []
    while at < len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        found.append(content[at : at + 4])
        at += 8 + size + size % 2
    return found


@pytest.mark.parametrize("content_type", FORMATS)
def test_derivatives_carry_nothing_but_pixels(content_type):
    told = {"exif": exif(), "icc_profile": b"\0" * 200, "xmp": b"<x:xmpmeta>31.2304</x:xmpmeta>"}
    told |= {"comment": b"my secret"} if content_type == "image/jpeg" else {}
    for size in ((400, 300), (2000, 1500)):
        found = read(picture(content_type, size=size, **told), content_type)
        assert webp_chunks(images.thumbnail(found)) == [b"VP8 "]
        display = images.display(found, caption=["李雷"])
        assert jpeg_segments(display) == {"E0", "DB", "C0", "C4"}  # JFIF, tables, size: no EXIF, profile or comment
        assert display[6:20] == b"JFIF\0\1\1\0\0\1\0\1\0\0"


@pytest.mark.parametrize(
    ("orientation", "bright_corner"), [(1, (0.9, 0.9)), (3, (0.1, 0.1)), (6, (0.1, 0.9)), (8, (0.9, 0.1))]
)
def test_derivatives_stand_upright(orientation, bright_corner):
    image = Image.new("RGB", (400, 200), "black")
    image.paste("white", (200, 100, 400, 200))
    found = read(encoded(image, exif=exif(orientation=orientation)))
    lying = orientation in {6, 8}
    assert (found.width, found.height) == ((200, 400) if lying else (400, 200))
    shown = opened(images.display(found, caption=[]))
    x, y = bright_corner
    assert shown.getpixel((int(shown.width * x), int(shown.height * y)))[0] > 200
    assert shown.getpixel((int(shown.width * (1 - x)), int(shown.height * (1 - y))))[0] < 50


def test_a_phone_that_held_its_heic_on_its_side_is_set_upright():
    image = Image.new("RGB", (400, 200), "black")
    image.paste("white", (200, 100, 400, 200))
    found = read(encoded(image, "image/heic", exif=exif(orientation=6).tobytes()), "image/heic")
    assert (found.width, found.height, found.pixels.size) == (200, 400, (200, 400))
    assert found.pixels.getpixel((20, 380))[0] > 200
    assert found.pixels.getpixel((180, 20))[0] < 50


def test_of_a_burst_in_one_heic_the_chosen_picture_is_shown():
    burst = [Image.new("RGB", (120, 80), colour) for colour in ("red", "lime", "blue")]
    content = encoded(burst[0], "image/heic", save_all=True, append_images=burst[1:], primary_index=1)
    red, green, blue = read(content, "image/heic").pixels.getpixel((60, 40))
    assert green > 200 > 60 > max(red, blue)


def test_a_camera_without_a_fix_that_writes_zeros_claims_no_place():
    tags = exif()
    tags.get_ifd(ExifTags.IFD.GPSInfo).update(
        {ExifTags.GPS.GPSLatitude: (0.0, 0.0, 0.0), ExifTags.GPS.GPSLongitude: (0.0, 0.0, 0.0)}
    )
    evidence = read(picture(exif=tags)).evidence
    assert (evidence.lat, evidence.lng) == (None, None)


def test_what_is_transparent_becomes_white():
    found = read(encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "image/png"), "image/png")
    assert opened(images.display(found, caption=[])).getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_mode_of_colour_is_shown(mode):
    content_type = "image/jpeg" if mode == "CMYK" else "image/png"
    found = read(encoded(scene().convert("L").convert(mode), content_type), content_type)
    assert opened(images.thumbnail(found)).mode == "RGB"


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_truncated_picture_is_damaged(content_type):
    content = picture(content_type, size=(800, 600))
    assert refused(content[: len(content) * 2 // 3], content_type) is Reason.IMAGE_DAMAGED


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few dozen bytes that would unpack to `width * height` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # Pillow warns where we refuse
@pytest.mark.parametrize(("width", "height"), [(6000, 5001), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_decompression_bomb_is_refused_by_its_header(width, height):
    assert refused(png_header(width, height), "image/png") is Reason.IMAGE_TOO_LARGE


def test_text_that_unpacks_without_end_is_refused():
    body = b"Comment\0\0" + zlib.compress(b"\0" * 5_000_000)
    content = picture("image/png")
    bomb = content[:33] + struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    assert refused(bomb + content[33:], "image/png") is Reason.IMAGE_DAMAGED


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's own remarks on broken EXIF
@pytest.mark.parametrize("content_type", FORMATS)
def test_no_damage_gets_past_the_one_refusal(content_type):
    """Two hundred files with bytes changed at random: each is read or refused, nothing else."""
    content = picture(content_type, size=(64, 48), exif=exif())
    dice = random.Random(7)
    outcomes = set()
    for _ in range(200):
        broken = bytearray(content)
        for _ in range(dice.randint(1, 12)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            images.thumbnail(read(bytes(broken), content_type))
            outcomes.add("read")
        except Refused as refusal:
            outcomes.add(refusal.reason)
    assert Reason.IMAGE_DAMAGED in outcomes


def test_copies_of_one_scene_look_alike_and_scenes_do_not():
    photo = scene((1200, 900))
    original = images.difference_hash(read(encoded(photo)))
    smaller = images.difference_hash(read(encoded(photo.resize((600, 450)), "image/webp"), "image/webp"))
    poorer = images.difference_hash(read(encoded(photo, quality=30)))
    other = images.difference_hash(read(encoded(scene((1200, 900), seed=1))))
    assert differing_bits(original, smaller) <= 4
    assert differing_bits(original, poorer) <= 4
    assert differing_bits(original, other) >= 12
    for found in (original, other):
        assert -(1 << 63) <= found < 1 << 63


def test_the_same_picture_gives_the_same_bytes():
    content = picture(size=(800, 600), exif=exif())
    one, other = read(content), read(content)
    assert images.thumbnail(one) == images.thumbnail(other)
    assert images.display(one, caption=["李雷"]) == images.display(other, caption=["李雷"])
