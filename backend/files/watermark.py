"""Lines of evidence written into a picture, Chinese and Latin alike (docs/adr/0009)."""

from functools import lru_cache

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

LINES_A_WIDTH = 40
"""The letters are a fortieth of the picture's longer side high, but never smaller than can be read."""
SMALLEST_PX = 14
SHADE = 0.5
IN_NO_FONT = "\U0010ffff"


def draw(pixels: Image.Image, lines: list[str]) -> Image.Image:
    """The picture with the lines at its foot, on a darkened strip; unchanged without lines.

    A line too long for the picture is wrapped; of more lines than fit, the first ones are drawn. A character that the
    font lacks, as some names have, is written as its number (𠮷: U+20BB7), for a box could be anybody.
    """
    size = max(SMALLEST_PX, max(pixels.size) // LINES_A_WIDTH)
    letters, margin, height = font(size), size // 2, size * 3 // 2
    room = (pixels.height - 2 * margin) // height
    width = pixels.width - 2 * margin
    wrapped = [part for line in lines for part in _wrapped(legible(line), letters, width)][: max(room, 0)]
    if not wrapped:
        return pixels
    top = pixels.height - len(wrapped) * height - 2 * margin
    box = (0, top, pixels.width, pixels.height)
    strip = pixels.crop(box)
    marked = pixels.copy()
    marked.paste(Image.blend(strip, Image.new("RGB", strip.size), SHADE), box)
    pen = ImageDraw.Draw(marked)
    for number, text in enumerate(wrapped):
        pen.text((margin, top + margin + number * height), text, font=letters, fill="white")
    return marked


@lru_cache(maxsize=8)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Letters that high in pixels."""
    return ImageFont.truetype(pylopdf_fonts_zh_cn.sans_path(), size)


def legible(line: str) -> str:
    """With the number of each character that the font lacks instead of it."""
    return "".join(one if _is_drawn(one) else f" U+{ord(one):X} " for one in line)


@lru_cache(maxsize=4096)
def _is_drawn(character: str) -> bool:
    """Whether its shape is not the box that stands for all the font lacks."""
    if character.isspace():
        return True
    letters = font(SMALLEST_PX * 2)
    return bytes(letters.getmask(character)) != bytes(letters.getmask(IN_NO_FONT))


def _wrapped(line: str, letters: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Broken between any two characters, as Chinese is."""
    parts = [""]
    for character in " ".join(line.split()):
        if parts[-1] and letters.getlength(parts[-1] + character) > width:
            parts.append("")
        parts[-1] += character
    return [part for part in parts if part]
