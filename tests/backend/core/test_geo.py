"""Against vectors that others published, and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core import geo

# Latitude and longitude each. Where they come from: the tests of eviltransform, coordtransform, coordtransform_rs and
# hutool, and what the web service of AMap answered to the authors of an R package. The two vectors of eviltransform for
# BD-09 are left out: they lie 10 and 41 m off the formula that all of these share, its own too.
WGS84_TO_GCJ02 = [
    (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),  # eviltransform: Shanghai
    (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),  # eviltransform: Shenzhen
    (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),  # eviltransform: Beijing
    (39.915, 116.404, 39.91640428150164, 116.41024449916938),  # coordtransform
    (39.90734, 116.39089, 39.90874539, 116.39713623),  # AMap
]
BD09_TO_WGS84 = [(39.915, 116.404, 39.907253214522164, 116.3913836995125)]  # coordtransform_rs and hutool
WGS84_TO_BD09 = [(39.915, 116.404, 39.922699552216216, 116.41662724378733)]  # coordtransform_rs
GCJ02_TO_BD09 = [(39.915, 116.404, 39.92133699351021, 116.41036949371029)]  # coordtransform
BD09_TO_GCJ02 = [(39.915, 116.404, 39.90865673957631, 116.39762729119315)]  # coordtransform
WAYS = [
    (geo.wgs84_to_gcj02, WGS84_TO_GCJ02),
    (lambda lat, lng: geo.to_wgs84(lat, lng, "bd09"), BD09_TO_WGS84),
    (lambda lat, lng: geo.gcj02_to_bd09(*geo.wgs84_to_gcj02(lat, lng)), WGS84_TO_BD09),
    (geo.gcj02_to_bd09, GCJ02_TO_BD09),
    (geo.bd09_to_gcj02, BD09_TO_GCJ02),
]
HONG_KONG, MACAO, TAIPEI = (22.3193, 114.1694), (22.1987, 113.5439), (25.0330, 121.5654)
TOKYO, LONDON, SYDNEY = (35.6762, 139.6503), (51.5072, -0.1276), (-33.8688, 151.2093)
china = {"lat": st.floats(18.2, 53.5), "lng": st.floats(73.6, 134.7)}


@pytest.mark.parametrize(("convert", "vectors"), WAYS)
def test_published_vectors_are_met_within_a_metre(convert, vectors):
    for lat, lng, there_lat, there_lng in vectors:
        assert geo.distance_m(*convert(lat, lng), there_lat, there_lng) < 1.0


def test_gcj02_comes_back_to_where_the_published_vectors_began():
    for lat, lng, there_lat, there_lng in WGS84_TO_GCJ02:
        assert geo.distance_m(*geo.gcj02_to_wgs84(there_lat, there_lng), lat, lng) < 1.0


@given(**china)
def test_there_and_back_is_the_same_place(lat, lng):
    shifted = geo.wgs84_to_gcj02(lat, lng)
    baidu = geo.gcj02_to_bd09(*shifted)

    assert geo.distance_m(*geo.to_wgs84(*shifted, "gcj02"), lat, lng) < 0.001
    assert geo.distance_m(*geo.to_wgs84(*baidu, "bd09"), lat, lng) < 0.01
    assert 10 < geo.distance_m(*shifted, lat, lng) < 1000
    assert geo.distance_m(*shifted, *baidu) < 1200


@pytest.mark.parametrize("place", [TOKYO, LONDON, SYDNEY])
def test_outside_the_rectangle_all_systems_are_one(place):
    assert geo.outside_china(*place)
    assert {geo.to_wgs84(*place, crs) for crs in ("wgs84", "gcj02", "bd09")} == {place}


@pytest.mark.parametrize("place", [HONG_KONG, MACAO, TAIPEI])
def test_hong_kong_macao_and_taiwan_are_in_it_and_wgs84_is_never_touched(place):
    assert geo.to_wgs84(*place, "wgs84") == place
    assert 100 < geo.distance_m(*geo.to_wgs84(*place, "gcj02"), *place) < 1000


def test_a_shift_across_the_edge_of_the_rectangle_does_no_harm():
    lat, lng = 30.0, 72.0041
    assert geo.distance_m(*geo.to_wgs84(*geo.wgs84_to_gcj02(lat, lng), "gcj02"), lat, lng) < 1000
