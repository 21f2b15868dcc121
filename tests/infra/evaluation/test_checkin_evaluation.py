"""A small version of `make evaluate-checkin`: falls when the rules do."""

from dataclasses import replace

import pytest

from backend.visits.rules import DEFAULT_LIMITS
from infra.evaluation import __main__ as command
from infra.evaluation import tracks as sources
from infra.evaluation.scores import COPIED, HONEST, LEAST_CAUGHT, LEAST_VERIFIED, honest_with, scores_of
from infra.evaluation.trials import FRAUDS


def by_kind(tracks, **given):
    return {score.kind: score for score in scores_of(tracks, photos_at_most=60, **given)}


@pytest.fixture(scope="module")
def held_out():
    sets, _ = sources.track_sets()
    return sets[-1]


def test_on_tracks_not_tuned_on_honest_ones_are_verified_and_every_fraud_is_caught(held_out):
    scores = by_kind(held_out)

    assert set(scores) == {HONEST, COPIED, *FRAUDS}
    assert (LEAST_VERIFIED, LEAST_CAUGHT) == (0.98, 0.95)
    assert [score.kind for score in scores.values() if not score.reached] == []
    assert all(score.named >= LEAST_CAUGHT * score.trials for score in scores.values() if score.named is not None)


@pytest.mark.parametrize(
    ("loosened", "missed"),
    [
        ({"fix_age_s": 1e9, "skew_s": 1e9}, {"旧定位 old fix", "时钟偏移 shifted clock"}),
        ({"circle_m": 0.0, "spread_m": 0.0}, {"定位冻结 frozen point", "规则圆形 jitter-free circle"}),
        ({"speed_m_s": 1e9, "road_m_s": 1e9}, {"瞬移 teleport"}),
        ({"photo_bits": -1}, {COPIED}),
        ({"accuracy_m": 1.0}, {HONEST}),
    ],
)
def test_where_a_rule_no_longer_bites_the_figure_falls(held_out, loosened, missed):
    scores = by_kind(held_out, limits=replace(DEFAULT_LIMITS, **loosened))

    assert {kind for kind, score in scores.items() if not score.reached} == missed


def test_three_samples_tell_an_honest_phone_less_well_than_five(held_out):
    """A receiver at rest hands out one fix three times now and then; the command says how often."""
    five, three = (honest_with(samples, held_out) for samples in (5, 3))

    assert 0.96 <= three.share <= five.share


def test_without_real_tracks_the_command_says_so_in_both_languages(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sources, "GPS", tmp_path)
    monkeypatch.setattr(command, "scores_of", lambda tracks, seed: scores_of(tracks, photos_at_most=20, seed=seed))

    assert command.main() == 0

    told = capsys.readouterr().out
    assert "合成轨迹" in told
    assert "SYNTHETIC" in told
    assert "!!" not in told
