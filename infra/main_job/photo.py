"""A photo as a phone would take it, and what can be seen of the one that comes back."""

import io
from datetime import datetime

from PIL import Image, ImageDraw

SIZE = (1600, 1200)


def take(now: datetime) -> bytes:
    """A JPEG that no other run makes: a bright shelf with the moment written on it."""
    picture = Image.linear_gradient("L").resize(SIZE).point(lambda level: 160 + level // 3)
    photo = Image.merge("RGB", (picture, picture, Image.new("L", SIZE, 200)))
    pen = ImageDraw.Draw(photo)
    for column in range(20):
        pen.rectangle((column * 80 + 8, 300, column * 80 + 72, 620), fill=(200 - column, 180, 150 + 4 * column))
    pen.text((40, 40), now.isoformat(), fill=(60, 60, 60), font_size=36)
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=88)
    return out.getvalue()


def longer_side(jpeg: bytes) -> int:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return max(picture.size)


def has_watermark(jpeg: bytes) -> bool:
    """Whether the foot of the picture, brightest as it was taken, is a dark strip."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        grey = picture.convert("L")
        foot = grey.crop((0, grey.height * 97 // 100, grey.width, grey.height))
        above = grey.crop((0, grey.height * 60 // 100, grey.width, grey.height * 65 // 100))
        return _mean(foot) < 0.75 * _mean(above)


def _mean(grey: Image.Image) -> float:
    return sum(level * count for level, count in enumerate(grey.histogram())) / (grey.width * grey.height)
