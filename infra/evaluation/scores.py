"""How many were judged rightly."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.visits import rules
from backend.visits.rules import Code, Verdict
from infra.evaluation import photos
from infra.evaluation.tracks import TrackSet
from infra.evaluation.trials import FRAUDS, Trial, honest

HONEST = "诚实签到 honest"
COPIED = "照片翻用 copied photo"
LEAST_VERIFIED, LEAST_CAUGHT = 0.98, 0.95
SEED = 20261125


@dataclass(frozen=True, slots=True)
class Score:
    """Of honest check-ins, those that were verified; of a fraud, those that were not, and those with its own reason."""

    kind: str
    trials: int
    right: int
    named: int | None
    target: float

    @property
    def share(self) -> float:
        return self.right / self.trials

    @property
    def reached(self) -> bool:
        return self.trials > 0 and self.share >= self.target


def scores_of(
    tracks: TrackSet, *, photos_at_most: int = 300, limits: rules.Limits = rules.DEFAULT_LIMITS, seed: int = SEED
) -> list[Score]:
    """The honest ones first."""
    luck = random.Random(seed)
    trials = honest(tracks, luck)
    new, copies = photos.measured(min(photos_at_most, len(trials)), seed)
    with_photos = [replace(trial, photo_bits=new[number % len(new)]) for number, trial in enumerate(trials)]
    found = [_honest_score(with_photos, limits)]
    for kind, (forge, names) in FRAUDS.items():
        found.append(_fraud_score(kind, [forge(trial, luck) for trial in trials], names, limits))
    copied = [replace(trial, photo_bits=bits) for trial, bits in zip(trials, copies, strict=False)]
    found.append(_fraud_score(COPIED, copied, frozenset({Code.PHOTO_REUSED}), limits))
    return found


def honest_with(samples: int, tracks: TrackSet, *, seed: int = SEED) -> Score:
    """For comparison: what honest people get whose phones send fewer samples."""
    return _honest_score(honest(tracks, random.Random(seed), samples), rules.DEFAULT_LIMITS)


def _honest_score(trials: Sequence[Trial], limits: rules.Limits) -> Score:
    verified = sum(trial.judged(limits).verdict == Verdict.VERIFIED for trial in trials)
    return Score(HONEST, len(trials), verified, None, LEAST_VERIFIED)


def _fraud_score(kind: str, trials: Sequence[Trial], names: frozenset[Code], limits: rules.Limits) -> Score:
    findings = [trial.judged(limits) for trial in trials]
    caught = sum(finding.verdict != Verdict.VERIFIED for finding in findings)
    named = sum(any(reason.code in names for reason in finding.reasons) for finding in findings)
    return Score(kind, len(trials), caught, named, LEAST_CAUGHT)
