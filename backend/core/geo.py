"""Distances and Chinese coordinate systems. Angles in degrees, distances in metres.

GCJ-02 is what maps of China and WeChat's `gcj02` show, BD-09 what Baidu makes of it. What a device declares is
believed: `wgs84` is never converted, the others always within the usual rectangle of the published algorithm. That
rectangle holds Hong Kong, Macao and Taiwan too, and strips of the neighbours, though map services shift little or
nothing there: phones in those parts are to send `wgs84`. Phones send no `bd09`; lists of customers may.
"""

from math import asin, atan2, cos, hypot, pi, radians, sin, sqrt
from typing import Literal

CRS = Literal["wgs84", "gcj02", "bd09"]
EARTH_RADIUS_M = 6_371_008.8
"""Mean radius, IUGG."""

_KRASOVSKY_A = 6_378_245.0
_KRASOVSKY_EE = 0.00669342162296594323
"""Ellipsoid of GCJ-02 (GB 20263-2006 names no parameters; these are the ones in common use)."""
_BAIDU_PI = pi * 3000.0 / 180.0
_BAIDU_LAT, _BAIDU_LNG = 0.006, 0.0065


def distance_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Great-circle distance by the haversine formula; both points in the same coordinate system."""
    dlat, dlng = radians(lat2 - lat1), radians(lng2 - lng1)
    h = sin(dlat / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(dlng / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))


def outside_china(lat: float, lng: float) -> bool:
    """Where maps do not apply the GCJ-02 shift; the usual rectangle."""
    return not (0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347)


def wgs84_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    if outside_china(lat, lng):
        return lat, lng
    dlat, dlng = _shift(lat, lng)
    return lat + dlat, lng + dlng


def gcj02_to_wgs84(lat: float, lng: float) -> tuple[float, float]:
    """The inverse by fixed-point iteration; four steps leave less than 0.001 m."""
    if outside_china(lat, lng):
        return lat, lng
    guess_lat, guess_lng = lat, lng
    for _ in range(4):
        dlat, dlng = _shift(guess_lat, guess_lng)
        guess_lat, guess_lng = lat - dlat, lng - dlng
    return guess_lat, guess_lng


def gcj02_to_bd09(lat: float, lng: float) -> tuple[float, float]:
    if outside_china(lat, lng):
        return lat, lng
    radius = hypot(lat, lng) + 0.00002 * sin(lat * _BAIDU_PI)
    angle = atan2(lat, lng) + 0.000003 * cos(lng * _BAIDU_PI)
    return radius * sin(angle) + _BAIDU_LAT, radius * cos(angle) + _BAIDU_LNG


def bd09_to_gcj02(lat: float, lng: float) -> tuple[float, float]:
    """The inverse by fixed-point iteration, as above; Baidu's own formula for the way back is off by up to a metre."""
    if outside_china(lat, lng):
        return lat, lng
    guess_lat, guess_lng = lat - _BAIDU_LAT, lng - _BAIDU_LNG
    for _ in range(4):
        there_lat, there_lng = gcj02_to_bd09(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - there_lat, guess_lng + lng - there_lng
    return guess_lat, guess_lng


def to_wgs84(lat: float, lng: float, crs: CRS) -> tuple[float, float]:
    match crs:
        case "gcj02":
            return gcj02_to_wgs84(lat, lng)
        case "bd09":
            return gcj02_to_wgs84(*bd09_to_gcj02(lat, lng))
        case _:
            return lat, lng


def _shift(lat: float, lng: float) -> tuple[float, float]:
    x, y = lng - 105.0, lat - 35.0
    wave = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = radians(lat)
    magic = 1 - _KRASOVSKY_EE * sin(phi) ** 2
    dlat = north * 180.0 / ((_KRASOVSKY_A * (1 - _KRASOVSKY_EE)) / (magic * sqrt(magic)) * pi)
    dlng = east * 180.0 / (_KRASOVSKY_A / sqrt(magic) * cos(phi) * pi)
    return dlat, dlng
