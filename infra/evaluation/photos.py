"""Photos to compare. There are no real ones to ship or to test on, so scenes are drawn: shelves, fronts, counters of
many sizes and lights. A copy is such a scene recompressed and, two times of three, altered."""

import io
import random
from functools import cache

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from backend.files import images
from backend.visits import rules

SIZE = (480, 360)


def scene(luck: random.Random) -> Image.Image:
    picture = Image.new("RGB", SIZE, _colour(luck))
    pen = ImageDraw.Draw(picture)
    width, height = SIZE
    for row in range(luck.randint(2, 5)):
        left = 0
        while left < width:
            right = left + luck.randint(20, 120)
            top = row * height // 4 + luck.randint(0, 30)
            pen.rectangle((left, top, right, top + luck.randint(30, 110)), fill=_colour(luck))
            left = right + luck.randint(2, 30)
    for _ in range(luck.randint(0, 4)):
        x, y, size = luck.randint(0, width), luck.randint(0, height), luck.randint(20, 160)
        pen.ellipse((x, y, x + size, y + size), fill=_colour(luck))
    return picture.filter(ImageFilter.GaussianBlur(luck.uniform(0.5, 2)))


def copy_of(picture: Image.Image, luck: random.Random) -> Image.Image:
    """A third as it was; a third scaled, as messengers do; a third brightened and cut at the edge besides."""
    effort = luck.randrange(3)
    if effort == 0:
        return picture
    if effort == 2:
        cut = luck.uniform(0, 0.01)
        width, height = picture.size
        picture = picture.crop((int(width * cut), int(height * cut), int(width * (1 - cut)), int(height * (1 - cut))))
        picture = ImageEnhance.Brightness(picture).enhance(luck.uniform(0.85, 1.15))
    scale = luck.uniform(0.4, 1.0)
    return picture.resize((int(picture.width * scale), int(picture.height * scale)))


def hash_of(picture: Image.Image, quality: int) -> int:
    """As the server sees it after the upload."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return images.difference_hash(images.read(out.getvalue(), content_type="image/jpeg", timezone="Asia/Shanghai"))


def nearest(phash: int, others: list[int]) -> int | None:
    """In bits, among those that can be told apart."""
    if not rules.tells_apart(phash):
        return None
    return min((rules.distance_bits(phash, other) for other in others if rules.tells_apart(other)), default=None)


@cache
def measured(number: int, seed: int) -> tuple[list[int | None], list[int | None]]:
    """Distances to the nearest of a company's photos: of as many new scenes, and of copies of what it has."""
    luck = random.Random(seed)
    known = [scene(luck) for _ in range(number)]
    hashes = [hash_of(picture, 90) for picture in known]
    new = [nearest(hash_of(scene(luck), 90), hashes) for _ in range(number)]
    copies = [nearest(hash_of(copy_of(picture, luck), luck.randint(50, 90)), hashes) for picture in known]
    return new, copies


def _colour(luck: random.Random) -> tuple[int, int, int]:
    return luck.randint(0, 255), luck.randint(0, 255), luck.randint(0, 255)
