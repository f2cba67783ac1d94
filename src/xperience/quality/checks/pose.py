"""Is the pose a rigid motion that a head can make?"""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.recording import LARGEST
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs, runs

UNIT = Threshold(1e-3, "", "deviation of the quaternion's length from 1; float32 rounding gives under 1e-6")
SPEED = Threshold(4.0, "m/s", "a person who runs indoors moves the head at under 4 m/s")
TURN = Threshold(15.0, "rad/s", "fast head turns reach 600 degrees a second, 10.5 rad/s (Grossman et al. 1988)")
FROZEN = Threshold(0.25, "s", "five equal poses at 20 fps: a head never holds still to the last bit")
INVALID = Threshold(0.04, "s", "from the first to the last of two frames without a pose; one can be bridged")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    pose = episode.pose
    if not pose.present or len(pose) < 3:
        return []
    times = pose.times_s
    found: list[Finding] = []
    invalid = long_runs(~pose.valid, times, INVALID.value, 0.1)
    found += findings("pose", "pose", invalid, times, None, None, "no usable pose")
    quat = episode.file.read("slam/quat_wxyz")
    assert quat is not None
    quat = np.clip(np.nan_to_num(quat[: len(pose)].astype(np.float64)), -LARGEST, LARGEST)
    length = np.abs(np.linalg.norm(quat, axis=1) - 1)
    length = np.where(pose.valid[: len(length)], length, 0)
    spans = long_runs(length > UNIT.value, times[: len(length)], 0.0, 0.5)
    found += findings("pose", "pose", spans, times, length, UNIT.value, "quaternions are not of unit length")

    step = np.maximum(np.diff(times), 1e-3)
    both = pose.valid[1:] & pose.valid[:-1]
    place = np.where(pose.valid[:, None], pose.values[:, :3, 3], 0)
    speed = np.where(both, np.linalg.norm(np.diff(place, axis=0), axis=1) / step, 0)
    rotation = np.where(pose.valid[:, None, None], pose.values[:, :3, :3], np.eye(3))
    relative = np.swapaxes(rotation[:-1], 1, 2) @ rotation[1:]
    turn = np.where(both, np.linalg.norm(geometry.matrix_to_rotvec(relative), axis=1) / step, 0)
    found += _jumps(speed, times, SPEED, "the head jumps")
    found += _jumps(turn, times, TURN, "the head turns impossibly fast")
    same = np.concatenate([[False], both & (speed == 0) & (turn < 1e-7)])
    found += findings("pose", "pose", long_runs(same, times, FROZEN.value), times, None, FROZEN.value, "pose is frozen")
    return found


def _jumps(rate: np.ndarray, times: np.ndarray, bound: Threshold, reason: str) -> list[Finding]:
    over = np.concatenate([[0.0], rate])
    spans = [(max(0, a - 1), b) for a, b in runs(over > bound.value)]
    return findings("pose", "pose", spans, times, over, bound.value, reason)


CHECK = Check(
    name="pose",
    reads=("pose",),
    question="Is the pose a rigid motion that a head can make?",
    thresholds={"unit": UNIT, "speed": SPEED, "turn": TURN, "frozen": FROZEN, "invalid": INVALID},
    run=run,
)
