from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.geo import distance_m, gcj02_to_wgs84, to_wgs84, wgs84_to_gcj02
from backend.visits import rules
from backend.visits.rules import Code, Verdict
from mobile_api.schemas import visit_terms
from mobile_api.schemas import visits as schemas
from tests.support.shared_data import OWN_TRACK, REAL_TRACKS, shared, track

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SHOP = rules.Target(31.2304, 121.4737, geofence_m=300)


def north(metres: float) -> float:
    return SHOP.lat + metres / 111_195.08


def fix(metres: float = 0.0, accuracy_m: float = 15.0, age_s: float = 3.0) -> rules.Fix:
    return rules.Fix(north(metres), SHOP.lng, accuracy_m, AT - timedelta(seconds=age_s))


def judge(*samples, **given):
    told = {"target": SHOP, "earlier": None, "known_device": True, "captured_at": AT, "at": AT} | given
    return rules.judge(samples or (fix(),), **told)


def codes(finding):
    return [reason.code for reason in finding.reasons]


def test_somebody_who_is_there_is_verified():
    finding = judge(fix(0), fix(2), fix(4))

    assert (finding.verdict, finding.reasons) == (Verdict.VERIFIED, ())
    assert finding.distance_m == pytest.approx(0)


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "verdict"),
    [
        (314, 15, Verdict.VERIFIED),
        (316, 15, Verdict.OUT_OF_RANGE),
        (399, 100, Verdict.VERIFIED),
        (401, 100, Verdict.OUT_OF_RANGE),
        (3000, 15, Verdict.OUT_OF_RANGE),
        (3000, 2000, Verdict.OUT_OF_RANGE),
        (3000, 2900, Verdict.UNVERIFIABLE),
    ],
)
def test_out_of_range_is_beyond_geofence_and_accuracy(metres, accuracy_m, verdict):
    finding = judge(fix(metres, accuracy_m))

    assert finding.verdict == verdict
    assert finding.distance_m == pytest.approx(metres, abs=0.1)


def test_a_reason_names_what_was_measured_and_the_limit():
    (reason,) = judge(fix(3000)).reasons

    assert reason.as_json() == {"code": "out_of_range", "value": 3000.0, "limit": 315.0, "unit": "m"}


def test_the_most_accurate_sample_counts():
    finding = judge(fix(400, accuracy_m=50), fix(10, accuracy_m=8), fix(390, accuracy_m=30))

    assert (finding.verdict, finding.best.accuracy_m) == (Verdict.VERIFIED, 8)


@pytest.mark.parametrize(("accuracy_m", "coarse"), [(200, False), (201, True), (20_000, True)])
def test_a_coarse_fix_verifies_nothing(accuracy_m, coarse):
    finding = judge(fix(0, accuracy_m))

    assert finding.verdict == (Verdict.UNVERIFIABLE if coarse else Verdict.VERIFIED)
    assert codes(finding) == ([Code.COARSE_ACCURACY] if coarse else [])


@pytest.mark.parametrize(
    ("metres", "suspect"),
    [([5], False), ([5, 5], False), ([5, 5, 5], True), ([5] * 5, True), ([5, 5, 5.2], False), ([5, 5, 5, 5.2], False)],
)
def test_samples_without_variance_are_suspect(metres, suspect):
    finding = judge(*map(fix, metres))

    assert codes(finding) == ([Code.IDENTICAL_SAMPLES] if suspect else [])
    assert finding.verdict == (Verdict.SUSPECT if suspect else Verdict.VERIFIED)


def earlier(metres: float, seconds: float) -> rules.Earlier:
    return rules.Earlier(north(metres), SHOP.lng, 15.0, AT - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("metres", "seconds", "too_fast"),
    [
        (120_000, 1800, False),  # the train from Beijing to Tianjin
        (120_000, 1600, True),
        (1_318_000, 15_480, False),  # the fastest from Beijing to Shanghai
        (1_000_000, 10_800, False),  # a flight of two hours, and an hour at both ends
        (20_000, 510, False),  # a motorway
        (20_000, 480, True),  # no train goes there in less
        (1_200_000, 3600, True),
        (1000, 1, False),  # within drift
        (1100, 1, True),
        (5000, 0, True),
    ],
)
def test_nobody_is_faster_than_a_train(metres, seconds, too_fast):
    finding = judge(earlier=earlier(metres, seconds))

    assert codes(finding) == ([Code.IMPOSSIBLE_SPEED] if too_fast else [])
    if too_fast:
        assert finding.verdict == Verdict.SUSPECT
        assert finding.reasons[0].value == pytest.approx((metres - 30) / max(seconds, 1), rel=0.001)


@pytest.mark.parametrize(("age_s", "stale"), [(120, False), (121, True), (86_400, True), (-10, False), (-11, True)])
def test_a_stale_fix_is_suspect(age_s, stale):
    finding = judge(fix(age_s=age_s))

    assert codes(finding) == ([Code.STALE_FIX] if stale else [])


@pytest.mark.parametrize(("skew_s", "wrong"), [(300, False), (301, True), (-300, False), (-301, True), (7200, True)])
def test_a_clock_that_is_off_is_suspect_and_the_fix_is_aged_by_that_clock(skew_s, wrong):
    captured_at = AT - timedelta(seconds=skew_s)
    sample = rules.Fix(SHOP.lat, SHOP.lng, 15.0, captured_at - timedelta(seconds=3))

    finding = judge(sample, captured_at=captured_at)

    assert codes(finding) == ([Code.CLOCK_SKEW] if wrong else [])


def test_without_a_place_of_the_customer_nothing_is_verified_and_all_else_is_still_judged():
    alone = judge(target=None)
    also_old = judge(fix(age_s=999), target=None)

    assert (alone.verdict, alone.distance_m, codes(alone)) == (
        Verdict.UNVERIFIABLE,
        None,
        [Code.CUSTOMER_WITHOUT_PLACE],
    )
    assert also_old.verdict == Verdict.SUSPECT
    assert codes(also_old) == [Code.CUSTOMER_WITHOUT_PLACE, Code.STALE_FIX]


@pytest.mark.parametrize(
    ("samples", "target", "verdict"),
    [
        ([fix()], SHOP, Verdict.VERIFIED),
        ([fix()], None, Verdict.UNVERIFIABLE),
        ([fix(accuracy_m=900)], SHOP, Verdict.UNVERIFIABLE),
        ([fix(3000)], SHOP, Verdict.SUSPECT),
    ],
)
def test_a_new_device_counts_only_beside_a_wrong_place(samples, target, verdict):
    finding = judge(*samples, target=target, known_device=False)

    assert finding.verdict == verdict
    assert Code.NEW_DEVICE in codes(finding)


def round_the_shop(metres: float, degrees: list[float], decimals: int = 7) -> list[rules.Fix]:
    """A second apart, on a circle about the shop."""
    return [
        rules.Fix(
            round(SHOP.lat + metres * sin(radians(angle)) / 111_195.08, decimals),
            round(SHOP.lng + metres * cos(radians(angle)) / 111_195.08 / cos(radians(SHOP.lat)), decimals),
            15.0,
            AT - timedelta(seconds=len(degrees) - place),
        )
        for place, angle in enumerate(degrees)
    ]


@pytest.mark.parametrize(
    ("metres", "degrees", "decimals", "drawn"),
    [
        (20, [0, 72, 144, 216, 288], 7, True),
        (20, [0, 72, 144, 216, 288], 6, True),
        (5, [10, 40, 70, 100, 130], 7, True),
        (20, [0, 30, 170, 200, 340], 7, True),  # in no even steps, but exactly
        (20, [0, 72, 144, 216], 7, False),  # too few to tell
        (0.3, [0, 72, 144, 216, 288], 7, False),  # what rounding does
        (400, [0, 5, 10, 15, 20], 7, False),  # a bend of the road
        (20, [0, 0, 90, 90, 180], 7, False),  # three places lie on a circle always
    ],
)
def test_samples_that_keep_to_a_circle_are_drawn(metres, degrees, decimals, drawn):
    finding = judge(*round_the_shop(metres, degrees, decimals), target=None)

    assert (Code.CIRCLE in codes(finding)) == drawn
    assert finding.verdict == (Verdict.SUSPECT if drawn else Verdict.UNVERIFIABLE)


def test_samples_near_a_circle_are_not_drawn():
    wandering = [
        rules.Fix(fix.lat + drift / 111_195.08, fix.lng, 15.0, fix.fixed_at)
        for fix, drift in zip(round_the_shop(20, [0, 72, 144, 216, 288]), (0.4, -0.5, 0.3, -0.2, 0.5), strict=True)
    ]
    assert judge(*wandering).reasons == ()


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "jumped"),
    [(0, 15, False), (520, 15, False), (600, 15, True), (9000, 15, True), (9000, 9000, False)],
)
def test_nobody_jumps_between_two_samples(metres, accuracy_m, jumped):
    finding = judge(fix(metres, accuracy_m, age_s=4), fix(0, accuracy_m=12, age_s=3))

    assert codes(finding) == ([Code.TELEPORT] if jumped else [])


def test_a_jump_takes_its_time_by_train():
    assert codes(judge(fix(9000, 20, age_s=100), fix(0, age_s=3))) == []


def test_the_last_known_position_is_let_pass_where_a_fresh_one_follows():
    finding = judge(fix(5000, accuracy_m=5, age_s=1800), fix(10, accuracy_m=20))

    assert (finding.verdict, finding.best.accuracy_m) == (Verdict.VERIFIED, 20)


@pytest.mark.parametrize("sent", [wgs84_to_gcj02, gcj02_to_wgs84])
def test_one_datum_under_the_name_of_the_other_is_told_from_being_elsewhere(sent):
    """Declared as WGS-84 and in GCJ-02, and the other way round as the server has converted it by then."""
    lat, lng = sent(north(40), SHOP.lng)
    finding = judge(rules.Fix(lat, lng, 15.0, AT))

    assert finding.verdict == Verdict.OUT_OF_RANGE
    assert codes(finding) == [Code.OUT_OF_RANGE, Code.WRONG_DATUM]
    assert finding.reasons[1].value == pytest.approx(40, abs=1)


@pytest.mark.parametrize("metres", [-700, 900, 5000])
def test_who_is_elsewhere_is_not_said_to_use_another_datum(metres):
    assert codes(judge(fix(metres))) == [Code.OUT_OF_RANGE]


@pytest.mark.parametrize(("bits", "found"), [(None, False), (0, True), (4, True), (5, False)])
def test_a_photo_of_another_visit_is_suspect(bits, found):
    finding = judge(photo_bits=bits)

    assert codes(finding) == ([Code.PHOTO_REUSED] if found else [])
    assert finding.verdict == (Verdict.SUSPECT if found else Verdict.VERIFIED)


def test_every_limit_has_a_range_that_holds_its_default():
    defaults = asdict(rules.DEFAULT_LIMITS)

    assert set(rules.RANGES) == set(defaults)
    assert all(found.least <= defaults[name] <= found.most for name, found in rules.RANGES.items())
    said = visit_terms.LimitsIn.model_json_schema()["properties"]
    for name, found in rules.RANGES.items():
        number, nothing = said[name]["anyOf"]
        assert (number["minimum"], number["maximum"]) == (found.least, found.most)
        assert nothing == {"type": "null"}
    assert rules.RANGES["photo_bits"].most == len(rules.bands_of(0)) - 1


@given(st.lists(st.sampled_from(list(Code)), unique=True))
def test_more_reasons_never_make_it_better(found):
    verdict = rules.verdict_of(found)

    for code in Code:
        assert rules.SEVERITY.index(rules.verdict_of([*found, code])) >= rules.SEVERITY.index(verdict)
        assert verdict == Verdict.VERIFIED or found


def test_every_code_has_a_meaning_and_is_in_the_contract():
    assert set(rules.MEANING) == set(Code) == set(schemas.ReasonCode.__args__)
    assert set(rules.SEVERITY) == set(Verdict) == set(schemas.Verdict.__args__)


class TestOnTracks:
    @pytest.fixture(params=[OWN_TRACK, *REAL_TRACKS], ids=lambda track: str(track).rpartition("/")[2])
    def points(self, request):
        return track(shared(request.param) if isinstance(request.param, str) else request.param)

    @staticmethod
    def windows(points, n=5):
        """Runs of fixes in which the person keeps to one place for at most half a minute."""
        for i in range(len(points) - n + 1):
            run = points[i : i + n]
            near = all(distance_m(run[0].lat, run[0].lng, p.lat, p.lng) < 40 for p in run)
            if near and run[-1].at - run[0].at <= timedelta(seconds=30):
                yield run

    @staticmethod
    def judged(run, target, crs="wgs84", declared="wgs84"):
        samples = []
        for point in run:
            lat, lng = wgs84_to_gcj02(point.lat, point.lng) if crs == "gcj02" else (point.lat, point.lng)
            samples.append(rules.Fix(*to_wgs84(lat, lng, declared), 15.0, point.at))
        at = run[-1].at + timedelta(seconds=2)
        return rules.judge(samples, target=target, earlier=None, known_device=True, captured_at=at, at=at)

    def test_honest_samples_at_the_customer_are_verified(self, points):
        runs = list(self.windows(points))
        assert len(runs) >= 50
        verdicts = [self.judged(run, rules.Target(run[0].lat, run[0].lng, 300)).verdict for run in runs]

        # A receiver at rest may hold its position: once in these thousands of runs all five are equal.
        assert verdicts.count(Verdict.VERIFIED) >= 0.995 * len(verdicts)

    def test_both_coordinate_systems_declared_give_one_distance(self, points):
        target = rules.Target(points[0].lat, points[0].lng, 300)
        for run in list(self.windows(points))[::10]:
            plain, shifted = self.judged(run, target), self.judged(run, target, crs="gcj02", declared="gcj02")
            assert shifted.distance_m == pytest.approx(plain.distance_m, abs=1.0)

    def test_a_wrongly_declared_system_is_some_five_hundred_metres_away(self, points):
        for run in list(self.windows(points))[::10]:
            finding = self.judged(run, rules.Target(run[0].lat, run[0].lng, 300), crs="gcj02", declared="wgs84")
            assert finding.verdict == Verdict.OUT_OF_RANGE
            assert finding.distance_m == pytest.approx(500, abs=120)

    def test_nobody_on_these_tracks_moved_impossibly_between_two_visits(self, points):
        for before, after in pairwise(points[::60]):
            finding = rules.judge(
                [rules.Fix(after.lat, after.lng, 15.0, after.at)],
                target=None,
                earlier=rules.Earlier(before.lat, before.lng, 15.0, before.at),
                known_device=True,
                captured_at=after.at,
                at=after.at,
            )
            assert Code.IMPOSSIBLE_SPEED not in codes(finding)


@given(st.integers(-(2**63), 2**63 - 1), st.sets(st.integers(0, 63), max_size=4))
def test_photos_that_differ_in_up_to_four_bits_share_a_band(phash, moved):
    other = phash
    for bit in moved:
        other ^= 1 << bit

    assert rules.distance_bits(phash, other) == len(moved)
    assert set(rules.bands_of(phash)) & set(rules.bands_of(other))


@pytest.mark.parametrize(
    ("phash", "tells"), [(0, False), (-1, False), (0b1111111, False), (0x5555_5555_5555_5555, True)]
)
def test_a_wall_is_no_photo_of_anything(phash, tells):
    assert rules.tells_apart(phash) == tells
