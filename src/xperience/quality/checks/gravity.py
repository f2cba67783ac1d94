"""Does the accelerometer measure gravity, and downwards by the pose?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

STANDARD = 9.80665
NORM = Threshold(
    0.6, "m/s2", "specific force of a head that rests, or over the long run; bias of MEMS parts is under 0.3 m/s2"
)
STILL_FORCE = Threshold(0.35, "m/s2", "deviation over a still moment: three times the noise of MEMS parts at 200 Hz")
STILL_TURN = Threshold(0.35, "rad/s", "20 degrees a second: the head follows a slow hand")
LONG = Threshold(20.0, "s", "over this time nobody only jumps: the median holds where no moment is still")
UNIT = Threshold(
    3.0, "times", "no motion takes the median that far from gravity: the unit is wrong (g is 9.8 times m/s2)"
)

MOMENT_S, LEAST_S = 0.25, 0.5
"""Length of a still moment, and what they must last together: less is chance."""

LEAST_FRAMES = 10
TILT = Threshold(8.0, "degrees", "mean specific force against the world's vertical; clean recordings stay under 3")


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    imu, pose, end = episode.imu, episode.pose, episode.clock.duration_s
    if not imu.present or imu.valid.sum() < 100:
        return []
    used, how = _telling(imu.accel[imu.valid], imu.gyro[imu.valid], imu.times_s[imu.valid])
    if not used.any():
        return []
    found = []
    size = float(np.median(np.linalg.norm(imu.accel[imu.valid][used], axis=1)))
    if abs(size - STANDARD) > NORM.value:
        reason = f"specific force {how} is {size:.2f} m/s2, gravity {STANDARD:.2f}: wrong unit, scale or bias"
        found.append(Finding("gravity", "imu", 0.0, end, abs(size - STANDARD), NORM.value, reason))
    telling = np.zeros(len(imu), bool)
    telling[imu.valid] = used
    index = np.flatnonzero(pose.valid) if pose.present else np.zeros(0, int)
    near = np.clip(np.searchsorted(imu.times_s, pose.times_s[index]), 0, len(imu) - 1)
    index, near = index[telling[near]], near[telling[near]]
    if len(index) > LEAST_FRAMES:
        lifted = np.einsum("nij,nj->ni", pose.values[index, :3, :3], imu.accel[near])
        mean = np.nanmedian(lifted, axis=0)
        tilt = float(np.degrees(np.arccos(np.clip(mean[2] / max(float(np.linalg.norm(mean)), 1e-9), -1, 1))))
        if tilt > TILT.value:
            reason = f"mean specific force lies {tilt:.0f} degrees off the world's vertical"
            found.append(Finding("gravity", "imu", 0.0, end, tilt, TILT.value, reason))
    return found


def _telling(accel: np.ndarray, gyro: np.ndarray, times_s: np.ndarray) -> tuple[np.ndarray, str]:
    """([M] bool, in words): samples whose median force is gravity; none where a short vigorous recording does not tell.

    Those of still moments, or all where the recording is long, or where its unit is plainly another.
    """
    still = _still(accel, gyro, times_s)
    if still.sum() * float(np.median(np.diff(times_s))) >= LEAST_S:
        return still, "in still moments"
    median = float(np.median(np.linalg.norm(accel, axis=1)))
    long = times_s[-1] - times_s[0] >= LONG.value
    far = not STANDARD / UNIT.value < median < STANDARD * UNIT.value
    return np.full(len(accel), long or far), "in the median"


def _still(accel: np.ndarray, gyro: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """[M] bool: samples of moments in which the force holds and nothing turns."""
    _, moment = np.unique(times_s // MOMENT_S, return_inverse=True)  # a clock may leap by years
    count = np.maximum(np.bincount(moment), 1)
    spread = np.zeros(len(count))
    for axis in range(3):
        mean = np.bincount(moment, accel[:, axis]) / count
        spread += np.bincount(moment, (accel[:, axis] - mean[moment]) ** 2) / count
    turn = np.bincount(moment, np.linalg.norm(gyro, axis=1)) / count
    calm = (np.sqrt(spread) <= STILL_FORCE.value) & (turn <= STILL_TURN.value) & (count >= 5)
    return np.asarray(calm[moment])


CHECK = Check(
    name="gravity",
    reads=("imu", "pose"),
    question="Does the accelerometer measure gravity, and downwards by the pose?",
    thresholds={
        "norm": NORM,
        "tilt": TILT,
        "still_force": STILL_FORCE,
        "still_turn": STILL_TURN,
        "long": LONG,
        "unit": UNIT,
    },
    run=run,
)
