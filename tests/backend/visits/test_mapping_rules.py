"""What is drawn lies where it belongs, whatever the places."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.core.geo import distance_m
from backend.visits.rules.mapping import bar_length_m, lines_between, window_around

BOX = (10.0, 20.0, 400.0, 300.0)
places = st.lists(st.tuples(st.floats(-85, 85), st.floats(-180, 180)), min_size=1, max_size=20)


@given(places)
@example([(82.0, 0.0)])
def test_every_place_is_inside_by_its_margin(found):
    window = window_around(found, box=BOX, least_m=500, margin=30)
    for place in found:
        x, y = window.place(*place)
        assert 39.9 <= x <= 380.1
        assert 49.9 <= y <= 290.1
    assert len(list(window.meridians())) < 40
    assert len(list(window.parallels())) < 40


def test_a_metre_is_as_long_in_every_direction():
    window = window_around([(31.2, 121.4), (31.3, 121.5)], box=BOX, least_m=500, margin=30)
    (x, y), (east, _), (_, north) = (window.place(*at) for at in ((31.25, 121.45), (31.25, 121.46), (31.26, 121.45)))
    assert (east - x) * window.metres_a_pixel == pytest.approx(distance_m(31.25, 121.45, 31.25, 121.46), rel=1e-3)
    assert (y - north) * window.metres_a_pixel == pytest.approx(distance_m(31.25, 121.45, 31.26, 121.45), rel=1e-3)


@pytest.mark.parametrize(
    ("most", "bar"), [(0.2, 1), (1, 1), (4.9, 2), (5, 5), (999, 500), (1000, 1000), (47_000, 20_000)]
)
def test_the_bar_is_the_longest_round_length_that_fits(most, bar):
    assert bar_length_m(most) == bar


def test_lines_are_where_round_degrees_are():
    assert list(lines_between(121.395, 121.421, 0.01)) == [121.4, 121.41, 121.42]
