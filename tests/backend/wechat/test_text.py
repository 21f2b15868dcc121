from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.wechat import text

printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(printable, st.integers(3, 60))
def test_a_shortened_text_fits_and_begins_like_the_whole(whole: str, limit: int):
    short = text.shortened(whole, limit)
    assert len(short.encode()) <= limit
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))


@given(st.text(st.sampled_from("茶<>&a\n🍵")), st.integers(3, 60))
def test_shortened_markup_fits_and_cuts_no_entity_and_no_tag(whole: str, limit: int):
    short = text.shortened_markup(whole, limit)
    assert len(short.encode()) <= limit
    read = unescape(short.replace("<br>", "\n"))
    assert read == whole or (read.endswith("…") and whole.startswith(read[:-1]))


def test_a_cut_falls_between_characters_not_inside_of_one():
    assert text.shortened("茶叶" * 3, 12) == "茶叶茶…"
    assert text.shortened("茶叶" * 3, 11) == "茶叶…"


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        ("a\x00b\x07c\x1b[0m\x7f\x85", "abc[0m"),
        ("一\r\n二\r三\t四", "一\n二\n三 四"),
        ("坏\ud800字", "坏字"),
        ("好🍵", "好🍵"),
    ],
)
def test_control_characters_and_lone_surrogates_are_removed(given_text: str, cleaned: str):
    assert text.clean(given_text) == cleaned


def test_one_line_folds_all_white_space():
    assert text.one_line("  审批\n待办\t 一 ") == "审批 待办 一"


@pytest.mark.parametrize("link", ['<a href="http://x">', "< A >", "</a>"])
def test_plain_text_cannot_begin_a_link(link: str):
    assert "<" not in text.without_links(link)


def test_other_angle_brackets_stay():
    assert text.without_links("1 < 2, <about>") == "1 < 2, <about>"
