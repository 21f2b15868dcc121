import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.search import bigrams, initials, normalised, pinyin


@pytest.mark.parametrize(
    ("text", "folded"), [("ＡＢ 茶", "ab茶"), ("Straße", "strasse"), ("r \u0327", "ŗ"), ("¨", "\u0308"), ("", "")]
)
def test_forms_of_one_text_meet(text, folded):
    assert normalised(text) == folded


@given(st.text(max_size=20))
def test_folding_again_changes_nothing(text):
    assert normalised(normalised(text)) == normalised(text)


def test_the_windows_of_a_text():
    assert bigrams("乌龙茶") == ["乌龙", "龙茶"]
    assert bigrams("茶") == ["茶"]


def test_what_a_person_types():
    assert (pinyin("乌龙茶"), initials("乌龙茶"), initials("Aniseed Syrup")) == ("wulongcha", "wlc", "as")
