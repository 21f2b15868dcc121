import pytest
from PIL import Image, ImageChops

from backend.files import watermark

LINES = ["2026-11-22 10:30:00 +08:00", "上海市黄浦区南京东路", "客户：华东百货", "李雷 1002"]


def changed(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(before, after).getbbox()


def inked(text: str) -> bytes:
    return watermark.draw(Image.new("RGB", (400, 100)), [text]).tobytes()


def test_the_lines_stand_at_the_foot_and_the_rest_is_untouched():
    before = Image.new("RGB", (1600, 1200), "skyblue")
    after = watermark.draw(before, LINES)
    assert after.size == before.size
    left, top, right, bottom = changed(before, after)
    assert (left, right, bottom) == (0, 1600, 1200)
    assert 800 < top < 1000
    assert max(after.crop((0, top, 1600, 1200)).getextrema()[0]) > 240  # white letters


def test_without_lines_nothing_changes():
    before = Image.new("RGB", (400, 300), "skyblue")
    assert changed(before, watermark.draw(before, [])) is None
    assert changed(before, watermark.draw(before, ["", "  "])) is None


@pytest.mark.parametrize("character", "李雷臺灣堃喆龘䶮㐂é℃")
def test_each_character_has_a_shape_of_its_own(character):
    box = inked("\U0010ffff")  # in no font
    assert inked(character) not in {box, inked("一"), inked(" ")}


def test_a_character_that_no_font_has_is_told_by_its_number():
    assert inked("𠮷野家") == inked(" U+20BB7 野家") != inked("野家")
    assert inked("店🙂") == inked("店 U+1F642")


def test_four_lines_with_a_long_address_and_rare_names_all_stand_in_a_phones_picture():
    lines = [LINES[0], "𠮷野家龘龘餐饮管理（上海）有限公司", "上海市黄浦区南京东路 100 号新世界城 " * 4, "䶮㐂"]
    for size in ((1600, 1200), (1200, 1600), (640, 480)):
        before = Image.new("RGB", size, "skyblue")
        whole = changed(before, watermark.draw(before, lines))
        without_last = changed(before, watermark.draw(before, lines[:-1]))
        assert 0 < whole[1] < without_last[1]  # the last line, too, has its place
        assert whole[3] == size[1]


def test_a_long_line_is_wrapped_within_the_picture():
    before = Image.new("RGB", (600, 800), "skyblue")
    short = changed(before, watermark.draw(before, ["上海市"]))
    long = changed(before, watermark.draw(before, ["上海市黄浦区南京东路 100 号" * 6]))
    assert long[1] < short[1]
    assert watermark.draw(before, ["上海市" * 12]).tobytes() != watermark.draw(before, ["上海市" * 60]).tobytes()


@pytest.mark.parametrize("size", [(1, 1), (40, 10), (30, 4000), (1600, 30)])
def test_a_picture_too_small_for_letters_is_left_in_one_piece(size):
    assert watermark.draw(Image.new("RGB", size, "skyblue"), LINES * 20).size == size
