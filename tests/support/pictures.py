"""Real pictures of every kind that phones send, small enough to make in a test."""

import io
from typing import Any

import pillow_heif
from PIL import ExifTags, Image, ImageDraw

pillow_heif.register_heif_opener()
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}


def picture(
    content_type: str = "image/jpeg", *, size: tuple[int, int] = (400, 300), seed: int = 0, **save: Any
) -> bytes:
    return encoded(scene(size, seed), content_type, **save)


def encoded(image: Image.Image, content_type: str = "image/jpeg", **save: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, FORMATS[content_type], **save)
    return out.getvalue()


def scene(size: tuple[int, int] = (400, 300), seed: int = 0) -> Image.Image:
    """Shapes on a slope of brightness; another seed, another scene."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    pen = ImageDraw.Draw(image)
    width, height = size
    for number in range(6):
        x, y = (number * 67 + seed * 131) * 7 % width, (number * 41 + seed * 89) * 5 % height
        pen.ellipse(
            (x, y, x + width // 4, y + height // 3), fill=((seed * 50 + number * 40) % 256, 200 - number * 30, x % 256)
        )
    return image


def exif(
    *, taken: str = "2026:11:22 10:30:00", offset: str = "", place: bool = True, orientation: int = 1
) -> Image.Exif:
    """At 31.2304 N 121.4737 E, in front of a customer's door in Shanghai."""
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    tags[ExifTags.Base.Make] = "Xiaomi"
    details = tags.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if place:
        tags.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (31.0, 13.0, 49.44),
                ExifTags.GPS.GPSLongitudeRef: "E",
                ExifTags.GPS.GPSLongitude: (121.0, 28.0, 25.32),
            }
        )
    return tags
