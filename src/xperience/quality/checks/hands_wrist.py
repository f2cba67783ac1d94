"""Does each hand sit on the body's wrist?

Hands are stored in the left rectified camera; taken to the world by pose and calibration, their wrists are those of the body.
Body and fingers are most likely estimated from head pose and hands, so that they meet proves nothing of time; where they
part, one of hand, pose and body is wrong.
"""

from __future__ import annotations

import numpy as np

from xperience.episode.layout import HAND_SIDES
from xperience.episode.skeletons import LEFT_WRIST, RIGHT_WRIST
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs
from xperience.quality.sync.motion import wrist_in_world

FAR = Threshold(
    0.2, "m", "a hand's length: real wrists lie 5.9 mm apart in the median, and 0.73 m at 95 %, where a hand is lost"
)
LEAST = Threshold(0.1, "s", "two frames at 20 fps")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    body = episode.body
    if not (body.present and episode.pose.present):
        return []
    found = []
    for side, joint in zip(HAND_SIDES, (LEFT_WRIST, RIGHT_WRIST), strict=True):
        hand = wrist_in_world(episode, side)
        if not hand.present:
            continue
        wrist = body.values[:, joint].astype(np.float64)
        good = hand.valid & body.valid & np.isfinite(wrist).all(1)
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.where(good, np.linalg.norm(hand.values - wrist, axis=1), 0.0)
        spans = long_runs(apart > FAR.value, body.times_s, LEAST.value, 0.2)
        reason = f"lies up to {apart.max(initial=0):.2f} m from the body's {side} wrist"
        found += findings("hands_wrist", f"hand_{side}", spans, body.times_s, apart, FAR.value, reason)
    return found


CHECK = Check(
    name="hands_wrist",
    reads=("hand_left", "hand_right", "body", "pose"),
    question="Does each hand sit on the body's wrist?",
    thresholds={"far": FAR, "least": LEAST},
    run=run,
)
