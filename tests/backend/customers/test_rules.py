from hypothesis import given
from hypothesis import strategies as st

from backend.core.geo import EARTH_RADIUS_M, distance_m
from backend.core.search import grams, grams_needed, normalised, trigrams
from backend.customers import rules

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def test_a_name_is_found_by_its_pinyin_and_initials():
    keys = rules.search_keys(name="乌龙茶庄", code="C-01", phone="021-6888 9999", contacts=[("王经理", "13800000000")])

    assert keys.pinyin == "wulongchazhuang"
    assert keys.initials == "wlcz"
    shown = "乌龙茶庄\nwulongchazhuang\nwlcz\nc-01\n王经理\nwangjingli\nwjl"
    assert keys.search_text == f"{shown}\x1f021-68889999\n02168889999\n13800000000"
    assert rules.PRIVATE not in normalised(f"a{rules.PRIVATE}b")


@given(st.text(min_size=1, max_size=20), st.data())
def test_every_part_of_a_text_is_covered_by_its_grams(text, data):
    whole = normalised(text)
    start = data.draw(st.integers(0, len(whole)))
    part = whole[start : data.draw(st.integers(start, len(whole)))]

    assert set(grams(part)) <= set(grams(whole))
    assert set(grams_needed(part)) <= {*grams(whole), *trigrams(whole)}
    assert set("".join(grams_needed(part))) == set(part)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES, st.floats(1, 50_000))
def test_the_box_holds_everything_within_the_radius(lat, lng, other_lat, other_lng, radius_m):
    box = rules.box_around(lat, lng, radius_m)

    if distance_m(lat, lng, other_lat, other_lng) <= radius_m:
        assert box.south <= other_lat <= box.north
        assert box.west <= other_lng <= box.east


def test_the_box_is_no_wider_than_it_must_be():
    box = rules.box_around(31.2, 121.5, 3000)

    assert distance_m(31.2, box.west, 31.2, box.east) < 2 * 3000 * 1.001
    assert distance_m(box.south, 121.5, box.north, 121.5) < 2 * 3000 * 1.001


def test_the_box_reaches_round_the_180th_meridian():
    box = rules.box_around(0, 179.999, 1000)

    assert (box.west, box.east) == (-180, 180)
    assert EARTH_RADIUS_M * 0.001 > 1000  # so the neighbour across the line is one the search must not miss
