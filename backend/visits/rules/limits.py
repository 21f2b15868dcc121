"""The thresholds of every rule, with their units, where they come from, and within what a company may set them."""

from dataclasses import dataclass
from typing import NamedTuple

from backend.core.text import bilingual


@dataclass(frozen=True, slots=True)
class Limits:
    """These defaults are ours unless a source is named; `make evaluate-checkin` shows what they do."""

    accuracy_m: float = 200.0
    """A coarser fix decides nothing about a geofence of 300 m. Phones that grant only approximate location report
    1 to 20 km (Android `ACCESS_COARSE_LOCATION`, iOS reduced accuracy)."""
    spread_m: float = 0.05
    """Fixes of a real receiver wander by decimetres and more; a mocked position repeats itself exactly."""
    samples: int = 3
    """Fewer equal samples may be one fix handed out twice. Of real runs of three, too, 1.6 % are equal (33 of 2,107 in
    the GeoLife tracks of the tests, a logger at rest): a reason for a manager to look, no proof."""
    circle_m: float = 0.1
    """How far samples may lie from one circle that are walked round it in even steps. Coordinates of six decimals are
    rounded by 0.06 m; runs on the tuning track that lie this near a circle do not also keep step."""
    speed_m_s: float = 100.0
    """360 km/h: the fastest scheduled train of China runs at 350 km/h."""
    road_m_s: float = 40.0
    """144 km/h: the speed limit of motorways is 120 km/h (道路交通安全法实施条例, article 78), and a fifth more."""
    boarding_s: float = 600.0
    """Nobody gets from a customer's door into a train or a plane and out again in less; below it, a road was used."""
    jump_m: float = 1000.0
    """Below it, a speed is not judged: drift and a late fix explain such a jump."""
    sample_jump_m: float = 500.0
    """The same between two samples of one check-in, where a first fix by cell towers may be off by some streets."""
    fix_age_s: float = 120.0
    """Between the fix and the tap, both by the phone's clock."""
    fix_ahead_s: float = 10.0
    """A fix later than the tap by more than rounding was made up."""
    skew_s: float = 300.0
    """Between the phone's clock and ours; what a phone set by hand is commonly off by. A check-in kept back by a dead
    network shows the same where the phone does not say when it sent it: whether it is believed is for the manager."""
    late_s: float = 900.0
    """How long a check-in may be kept back: the lift, the basement and the tunnel are soon over."""
    photo_bits: int = 4
    """Bits of 64 in which the difference hashes of two photos may differ that count as one. Scaling and recompression
    move up to 3; two photos of different scenes differ in 32 on average."""


class Range(NamedTuple):
    """What a company may set; `unit` as in a reason."""

    least: float
    most: float
    unit: str
    name: str


RANGES: dict[str, Range] = {
    "accuracy_m": Range(20, 2000, "m", bilingual("最差定位精度", "coarsest accuracy")),
    "spread_m": Range(0, 1, "m", bilingual("最小定位离散", "least spread of samples")),
    "samples": Range(3, 5, "", bilingual("判定重复所需样本数", "equal samples that count")),
    "circle_m": Range(0.02, 0.5, "m", bilingual("圆形轨迹容差", "tolerance of a circle")),
    "speed_m_s": Range(30, 300, "m/s", bilingual("最大移动速度", "greatest speed")),
    "road_m_s": Range(20, 100, "m/s", bilingual("最大公路速度", "greatest speed by road")),
    "boarding_s": Range(0, 7200, "s", bilingual("乘车登机最短用时", "least time of boarding")),
    "jump_m": Range(200, 20_000, "m", bilingual("两次签到间不判速度的距离", "jump between check-ins that is let pass")),
    "sample_jump_m": Range(
        100, 20_000, "m", bilingual("样本间不判速度的距离", "jump between samples that is let pass")
    ),
    "fix_age_s": Range(10, 3600, "s", bilingual("定位最久", "oldest fix")),
    "fix_ahead_s": Range(1, 120, "s", bilingual("定位最多超前", "fix ahead of the tap")),
    "skew_s": Range(30, 86_400, "s", bilingual("时钟最大偏差", "greatest clock skew")),
    "late_s": Range(60, 86_400, "s", bilingual("签到最迟上报", "check-in sent latest")),
    "photo_bits": Range(0, 4, "bit", bilingual("照片指纹容差", "bits between two photos that are one")),
}
"""Of every field of Limits. More than 4 bits would need another index of photos (`VisitPhoto.bands`)."""
DEFAULT_LIMITS = Limits()
