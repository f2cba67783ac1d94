"""Is each hand on its own side? Its wrist must move as that side's wrist of the body does."""

from __future__ import annotations

import numpy as np

from xperience.episode.layout import HAND_SIDES
from xperience.episode.skeletons import LEFT_WRIST, RIGHT_WRIST
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs
from xperience.quality.sync.motion import wrist_in_world

BETTER = Threshold(0.08, "m", "how much nearer the other side's wrist is, where hands and body share a frame")
SHARED = Threshold(
    0.05, "m", "median distance of a wrist to the nearer of both body wrists, below which they share one"
)
LEAST = Threshold(0.2, "s", "four frames at 20 fps")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    body = episode.body
    if not (body.present and episode.pose.present):
        return []
    wrists = body.values[:, [LEFT_WRIST, RIGHT_WRIST]].astype(np.float64)
    found = []
    for own, side in enumerate(HAND_SIDES):
        hand = wrist_in_world(episode, side)
        if not hand.present:
            continue
        good = hand.valid & body.valid & np.isfinite(wrists).all((1, 2))
        if good.sum() < 10:
            continue
        with np.errstate(invalid="ignore"):
            apart = np.linalg.norm(hand.values[:, None] - wrists, axis=2)  # [T, 2] to the left and to the right wrist
        if np.median(apart[good].min(1)) > SHARED.value:
            continue  # hands and body are not in one frame (real recordings): distances say nothing
        nearer = np.where(good, apart[:, own] - apart[:, 1 - own], 0.0)
        spans = long_runs(nearer > BETTER.value, body.times_s, LEAST.value, 0.2)
        reason = f"lies on the {HAND_SIDES[1 - own]} wrist of the body: sides are swapped"
        found += findings("hands_swap", f"hand_{side}", spans, body.times_s, nearer, BETTER.value, reason)
    return found


CHECK = Check(
    name="hands_swap",
    reads=("hand_left", "hand_right", "body", "pose"),
    question="Is each hand on its own side?",
    thresholds={"better": BETTER, "shared": SHARED, "least": LEAST},
    run=run,
)
