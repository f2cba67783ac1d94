"""Does the accelerometer measure gravity, and downwards by the pose?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

STANDARD = 9.80665
NORM = Threshold(0.6, "m/s2", "mean specific force of a head over seconds; bias of MEMS parts is under 0.3 m/s2")
TILT = Threshold(8.0, "degrees", "mean specific force against the world's vertical; clean recordings stay under 3")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    imu, pose, end = episode.imu, episode.pose, episode.clock.duration_s
    if not imu.present or imu.valid.sum() < 100:
        return []
    found = []
    size = float(np.median(np.linalg.norm(imu.accel[imu.valid], axis=1)))
    if abs(size - STANDARD) > NORM.value:
        reason = f"median specific force is {size:.2f} m/s2, gravity {STANDARD:.2f}: wrong unit, scale or bias"
        found.append(Finding("gravity", "imu", 0.0, end, abs(size - STANDARD), NORM.value, reason))
    if pose.present and pose.valid.sum() > 20:
        index = np.flatnonzero(pose.valid)
        near = np.clip(np.searchsorted(imu.times_s, pose.times_s[index]), 0, len(imu) - 1)
        lifted = np.einsum("nij,nj->ni", pose.values[index, :3, :3], imu.accel[near])
        mean = np.nanmedian(lifted, axis=0)
        tilt = float(np.degrees(np.arccos(np.clip(mean[2] / max(float(np.linalg.norm(mean)), 1e-9), -1, 1))))
        if tilt > TILT.value:
            reason = f"mean specific force lies {tilt:.0f} degrees off the world's vertical"
            found.append(Finding("gravity", "imu", 0.0, end, tilt, TILT.value, reason))
    return found


CHECK = Check(
    name="gravity",
    reads=("imu", "pose"),
    question="Does the accelerometer measure gravity, and downwards by the pose?",
    thresholds={"norm": NORM, "tilt": TILT},
    run=run,
)
