"""`make evaluate-checkin`: prints both sets of tracks and fails where one that was not tuned on misses a target."""

import sys

from infra.evaluation.scores import SEED, Score, honest_with, scores_of
from infra.evaluation.tracks import FEWER_SAMPLES, HELD_OUT, SAMPLES, TUNED_ON, track_sets

SPLIT = f"""\
真实轨迹按日期与人划分。Real tracks, split by day and by person.
调参所用 tuned on: {", ".join(TUNED_ON)}
未用于调参 held out: {", ".join(HELD_OUT)}
  同一人的另一天，以及另一个人；只有圆形规则在编写时看过全部三条。
  Another day of the same person, and another person; only the rule about circles was looked at on all three."""
SYNTHETIC = """\
没有找到 ../shared/data/gps：下面是合成轨迹，只能说明程序可用，不能说明真实效果。
../shared/data/gps is absent: these tracks are SYNTHETIC. They show that the rules work, not how well on real fixes."""
PHOTOS = """\
照片是绘制的场景，不是真实照片。
The photos are drawn scenes, no real ones."""


def main() -> int:
    sets, real = track_sets()
    print(SPLIT if real else SYNTHETIC)
    print(PHOTOS)
    print(f"每次签到 {SAMPLES} 个样本 · {SAMPLES} samples a check-in\n")
    scores: list[Score] = []
    for number, tracks in enumerate(sets):
        scores = scores_of(tracks, seed=SEED + number)
        print(f"== {tracks.name}")
        for score in scores:
            print(_line(score))
        fewer = honest_with(FEWER_SAMPLES, tracks)
        told = f"仅 {FEWER_SAMPLES} 个样本时诚实签到已核实 · honest and verified with {FEWER_SAMPLES} samples"
        print(f"   {told}: {fewer.share:.1%}")
        print()
    missed = [score.kind for score in scores if not score.reached]
    if missed:
        print(f"未达标 · missed: {', '.join(missed)}")
        return 1
    print("全部达标 · every target is reached")
    return 0


def _line(score: Score) -> str:
    mark = "  " if score.reached else "!!"
    what = "已核实 verified" if score.named is None else "已识破 caught  "
    named = "" if score.named is None else f"   指明原因 named {score.named / score.trials:6.1%}"
    figures = f"{score.right:5d}/{score.trials:<5d} {score.share:6.1%} ≥ {score.target:.0%}"
    return f"{mark} {what} {figures}{named}   {score.kind}"


if __name__ == "__main__":
    sys.exit(main())
