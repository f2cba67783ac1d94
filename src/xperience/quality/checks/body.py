"""Is the body tracked, rigid in its bones, moving, and near the headset?"""

from __future__ import annotations

import numpy as np

from xperience.episode.skeletons import SMPLH_PARENTS, bones
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.skeleton import bone_changes, frozen, jumps
from xperience.quality.spans import findings, long_runs

BONE = Threshold(0.01, "m", "largest change of a bone from its median; a kinematic model holds them exactly")
UNTRACKED = Threshold(0.1, "s", "two frames without a usable body")
FROZEN = Threshold(0.25, "s", "five equal samples at 20 fps")
LEG_LOW = Threshold(
    0.45, "m", "hip over knee to ankle, half of what an adult measures; simulated people (seed 1001) have 0.78 to 0.90"
)
LEG_HIGH = Threshold(1.15, "m", "a tall man measures 1.0 m")
LEG = (1, 4, 7), (2, 5, 8)
"""Hip, knee and ankle of either side."""

SPEED = Threshold(6.0, "m/s", "no pelvis moves that fast indoors")
HEAD = Threshold(0.35, "m", "head joint to headset, away from its median: they are fixed to each other")


def run(evidence: Evidence) -> list[Finding]:
    body, pose = evidence.episode.body, evidence.episode.pose
    if not body.present or len(body) < 3:
        return []
    times = body.times_s
    zero = (body.values == 0).all((1, 2))
    found = findings("body", "body", long_runs(zero, times, UNTRACKED.value), times, None, None, "all joints are zero")
    missing = ~body.valid & ~zero
    found += findings(
        "body", "body", long_runs(missing, times, UNTRACKED.value), times, None, None, "joints are not finite"
    )
    if body.valid.sum() < 3:
        return found
    change = bone_changes(body.values, body.valid, bones(SMPLH_PARENTS))
    spans = long_runs(change > BONE.value, times, 0.0, 0.2)
    found += findings("body", "body", spans, times, change, BONE.value, "bones change their length")
    leg = _leg(body.values[body.valid])
    if not LEG_LOW.value < leg < LEG_HIGH.value:
        bound = LEG_LOW.value if leg <= LEG_LOW.value else LEG_HIGH.value
        reason = f"legs are {leg:.2f} m long: wrong unit or scale"
        found.append(Finding("body", "body", float(times[0]), float(times[-1]), leg, bound, reason))
    spans = long_runs(frozen(body), times, FROZEN.value)
    found += findings("body", "body", spans, times, None, FROZEN.value, "body is frozen")
    speed = jumps(body.values[:, 0], body.valid, times)
    found += findings(
        "body", "body", long_runs(speed > SPEED.value, times, 0.0, 0.2), times, speed, SPEED.value, "pelvis jumps"
    )
    if pose.present and (pose.valid & body.valid).sum() > 2:
        with np.errstate(invalid="ignore"):
            offset = body.values[:, 15] - pose.values[:, :3, 3]
            both = pose.valid & body.valid & np.isfinite(offset).all(1)
        if both.sum() > 2:
            away = np.linalg.norm(offset - np.median(offset[both], axis=0), axis=1)
            away = np.where(both, np.nan_to_num(away), 0.0)
            spans = long_runs(away > HEAD.value, times, 0.1, 0.2)
            found += findings("body", "body", spans, times, away, HEAD.value, "head and headset part")
    return found


def _leg(joints: np.ndarray) -> float:
    """Median length of the legs of joints [n, 52, 3]; a length within the bounds where none was tracked."""
    parts = [joints[:, b] - joints[:, a] for hip, knee, ankle in LEG for a, b in ((hip, knee), (knee, ankle))]
    lengths = np.linalg.norm(np.stack(parts), axis=-1).reshape(2, 2, -1).sum(1)
    known = lengths[np.isfinite(lengths)]
    return float(np.median(known)) if len(known) else 0.5 * (LEG_LOW.value + LEG_HIGH.value)


CHECK = Check(
    name="body",
    reads=("body",),
    question="Is the body tracked, rigid in its bones, moving, and near the headset?",
    thresholds={
        "bone": BONE, "untracked": UNTRACKED, "leg_low": LEG_LOW, "leg_high": LEG_HIGH, "frozen": FROZEN,
        "speed": SPEED, "head": HEAD,
    },
    run=run,
)  # fmt: skip
