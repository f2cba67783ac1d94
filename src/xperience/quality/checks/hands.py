"""Are the hands tracked, rigid in their bones, moving, and on their own side?"""

from __future__ import annotations

import numpy as np

from xperience.episode import Signal
from xperience.episode.layout import HAND_SIDES
from xperience.episode.skeletons import HAND_PARENTS, bones
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.skeleton import bone_changes, frozen, jumps
from xperience.quality.spans import findings, long_runs

BONE = Threshold(0.004, "m", "largest change of a bone from its median; on the public sample bones hold to 0.6 mm")
UNTRACKED = Threshold(0.1, "s", "two frames without a usable hand")
FROZEN = Threshold(0.25, "s", "five equal samples at 20 fps")
SPEED = Threshold(8.0, "m/s", "fast reaches peak at 3 m/s in the world; the head's turn adds up to 4 m/s in its frame")
LENGTH_LOW = Threshold(0.05, "m", "wrist to middle knuckle of a small hand is 0.08 m")
LENGTH_HIGH = Threshold(0.14, "m", "and of a large one 0.11 m")


def run(evidence: Evidence) -> list[Finding]:
    found = []
    for side in HAND_SIDES:
        hand = evidence.episode.hand(side)
        if hand.present and len(hand) > 2:
            found += _one(f"hand_{side}", hand)
    return found


def _one(name: str, hand: Signal) -> list[Finding]:
    times = hand.times_s
    zero = (hand.values == 0).all((1, 2))
    found = findings("hands", name, long_runs(zero, times, UNTRACKED.value), times, None, None, "all joints are zero")
    missing = ~hand.valid & ~zero
    found += findings(
        "hands", name, long_runs(missing, times, UNTRACKED.value), times, None, None, "joints are not finite"
    )
    if hand.valid.sum() < 3:
        return found
    change = bone_changes(hand.values, hand.valid, bones(HAND_PARENTS))
    spans = long_runs(change > BONE.value, times, 0.0, 0.2)
    found += findings("hands", name, spans, times, change, BONE.value, "bones change their length")
    palm = float(np.median(np.linalg.norm(hand.values[hand.valid, 9] - hand.values[hand.valid, 0], axis=1)))
    if not LENGTH_LOW.value < palm < LENGTH_HIGH.value:
        bound = LENGTH_LOW.value if palm <= LENGTH_LOW.value else LENGTH_HIGH.value
        reason = f"palm is {palm:.3f} m long: wrong unit or scale"
        found.append(Finding("hands", name, float(times[0]), float(times[-1]), palm, bound, reason))
    found += findings(
        "hands", name, long_runs(frozen(hand), times, FROZEN.value), times, None, FROZEN.value, "hand is frozen"
    )
    speed = jumps(_without_glitches(hand.values[:, 0]), hand.valid, times)
    spans = long_runs(speed > SPEED.value, times, 0.0, 0.2)
    found += findings("hands", name, spans, times, speed, SPEED.value, "wrist jumps")
    return found


def _without_glitches(point: np.ndarray) -> np.ndarray:
    """A point [T, 3] by the median of three frames: of one wrong frame, as of one without a hand, nothing is said."""
    padded = np.concatenate([point[:1], point, point[-1:]])
    return np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)


CHECK = Check(
    name="hands",
    reads=("hand_left", "hand_right"),
    question="Are the hands tracked, rigid in their bones and moving?",
    thresholds={
        "bone": BONE, "untracked": UNTRACKED, "frozen": FROZEN, "speed": SPEED, "length_low": LENGTH_LOW,
        "length_high": LENGTH_HIGH,
    },
    run=run,
)  # fmt: skip
