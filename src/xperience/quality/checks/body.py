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


CHECK = Check(
    name="body",
    reads=("body",),
    question="Is the body tracked, rigid in its bones, moving, and near the headset?",
    thresholds={"bone": BONE, "untracked": UNTRACKED, "frozen": FROZEN, "speed": SPEED, "head": HEAD},
    run=run,
)
