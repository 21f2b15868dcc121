"""What the main job is made of, where the journey would not show a fault."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image

from backend.core.geo import distance_m, gcj02_to_wgs84
from backend.files import watermark
from infra.demo.own import DATA
from infra.main_job import photo
from infra.main_job.track import read_track, samples, usual_track
from infra.main_job.transcript import Transcript, until

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize("file", [usual_track(), DATA / "track.plt"])
def test_a_track_is_read_whole_and_in_order(file):
    fixes = read_track(file.read_text())
    assert len(fixes) > 100
    assert [fix.at for fix in fixes] == sorted(fix.at for fix in fixes)
    assert distance_m(fixes[0].lat, fixes[0].lng, 39.98472, 116.31841) < 10


def test_samples_keep_their_places_and_pauses_and_end_now():
    fixes = read_track((DATA / "track.plt").read_text())[:4]
    reported = samples(fixes, now=NOW)
    assert [(sample["lat"], sample["lng"]) for sample in reported] == [(fix.lat, fix.lng) for fix in fixes]
    moments = [datetime.fromisoformat(sample["fixed_at"]) for sample in reported]
    assert moments == [NOW - timedelta(seconds=pause) for pause in (15, 10, 5, 0)]


def test_samples_in_gcj02_are_shifted_and_mean_the_same_place():
    fixes = read_track((DATA / "track.plt").read_text())[:1]
    (sample,) = samples(fixes, now=NOW, crs="gcj02")
    assert distance_m(sample["lat"], sample["lng"], fixes[0].lat, fixes[0].lng) > 400
    assert distance_m(*gcj02_to_wgs84(sample["lat"], sample["lng"]), fixes[0].lat, fixes[0].lng) < 0.5


def test_a_watermark_is_seen_where_there_is_one():
    taken = photo.take(NOW)
    assert not photo.has_watermark(taken)
    assert photo.longer_side(taken) == 1600
    marked = BytesIO()
    lines = ["2026-11-23 10:00:00", "海淀清茗茶业商行", "北京市海淀区", "李雷"]
    watermark.draw(Image.open(BytesIO(taken)).convert("RGB"), lines).save(marked, "JPEG")
    assert photo.has_watermark(marked.getvalue())


def test_the_transcript_is_short_and_keeps_secrets():
    lines: list[str] = []
    answer = {"access_token": "eyJhbGciOi", "links": "x?variant=a&signature=abc123", "text": "长" * 500}
    path = "/orders/01a203a3-4eab-73a3-aaab-37920e768054"
    Transcript(lines.append).exchange("李雷", "POST", path, {"password": "waiqin"}, 200, answer)
    shown = "\n".join(lines)
    assert all(secret not in shown for secret in ("eyJ", "abc123", "waiqin"))
    assert "/orders/…8054" in shown
    assert len(shown) < 300


def test_a_failed_check_is_kept_and_the_rest_goes_on():
    transcript = Transcript(lambda line: None)
    transcript.check(False, "一")
    transcript.check(True, "二")
    assert (transcript.checks, transcript.failed) == (2, ["一"])


def test_until_gives_what_is_seen_at_the_deadline():
    looks = iter(range(100))
    assert until(lambda: next(looks), lambda seen: seen == 2) == 2
    assert until(lambda: "never", lambda seen: False, seconds=0) == "never"
