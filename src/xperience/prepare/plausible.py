"""Samples that no head, hand, body or sensor can give are no measurements: they are marked invalid before anything is kept.

A sample is taken out where it stands alone, far from the median of those around it, by the limits of the quality gate; so a
vigorous motion, which rises and falls over several samples, stays. What lies beyond any sensor's range or any limb's
reach is taken out wherever it stands. `xperience check` reports both.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from xperience.quality.checks.body import SPEED as BODY_SPEED
from xperience.quality.checks.hands import SPEED as HAND_SPEED
from xperience.quality.checks.imu import FAST, SPIKE
from xperience.quality.checks.pose import SPEED as HEAD_SPEED

ACCEL_RANGE = 32 * 9.80665
"""m/s2 on an axis: the widest full scale of inertial sensors in headsets and phones (TDK ICM-45605: 32 g; most have 16 g)."""

GYRO_RANGE = np.deg2rad(4000.0)
"""rad/s about an axis, of the same sensors."""

HAND_REACH = 0.5
"""m from the middle of a hand to any of its joints; the longest hand on record measures 0.32 m (Guinness World Records)."""

BODY_REACH = 3.0
"""m from the middle of a body to any of its joints; the tallest man on record measured 2.72 m (Guinness World Records)."""

DEPTH_REACH = 100.0
"""m: at 0.1 m between the eyes and 500 pixels of focal length, stereo shows there half a pixel of disparity."""

AROUND = 7
"""Samples of which the median is taken: three may be wrong in a row."""


def imu(accel: np.ndarray, gyro: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """[M] bool: which of the valid samples are plausible. accel [M, 3] m/s2, gyro [M, 3] rad/s, in order of time."""
    good = valid & (np.abs(np.nan_to_num(accel)) <= ACCEL_RANGE).all(1)
    good &= (np.abs(np.nan_to_num(gyro)) <= GYRO_RANGE).all(1)
    for values, bound in ((accel, SPIKE.value), (gyro, FAST.value)):
        good[good] = _from_median(values[good]) <= bound
    return good


def pose(values: np.ndarray, valid: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """[N] bool: which of the valid poses [N, 3, 4] (rotation, translation in metres) are plausible."""
    return _alone(values[:, :, 3], valid, times_s, HEAD_SPEED.value)


def hand(values: np.ndarray, valid: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """[N] bool: which of the valid hands [N, 21, 3], metres, are plausible."""
    good = valid.copy()
    shown = values[good].astype(np.float64)
    middle = np.median(shown, axis=1)
    with np.errstate(over="ignore"):
        good[good] = np.linalg.norm(shown - middle[:, None], axis=2).max(1, initial=0) <= HAND_REACH
    return _alone(np.median(values, axis=1), good, times_s, HAND_SPEED.value)


def body(values: np.ndarray, valid: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """[N, J] bool: which joints [N, J, 3], world metres, NaN where not tracked, are plausible."""
    there = np.isfinite(values).all(2) & valid[:, None]
    good = np.zeros(there.shape, bool)
    some = there.any(1)
    middle = np.zeros((len(values), 3))
    middle[some] = np.nanmedian(np.where(there[some, :, None], values[some].astype(np.float64), np.nan), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        good[some] = there[some] & (np.linalg.norm(values[some] - middle[some, None], axis=2) <= BODY_REACH)
    return good & _alone(middle, some, times_s, BODY_SPEED.value)[:, None]


def _alone(places: np.ndarray, valid: np.ndarray, times_s: np.ndarray, speed: float) -> np.ndarray:
    """[N] bool: valid places [N, 3] that `speed` m/s can reach from the median of those around them."""
    good = valid.copy()
    if valid.sum() < AROUND:
        return good
    step = np.median(np.diff(times_s[valid]))
    good[valid] = _from_median(places[valid]) <= speed * step * (AROUND // 2)
    return good


def _from_median(values: np.ndarray) -> np.ndarray:
    """[n] distance of each of values [n, C] from the median of `AROUND` around it; 0 where there are fewer."""
    if len(values) < AROUND:
        return np.zeros(len(values))
    shown = np.clip(values.astype(np.float64), -1e30, 1e30)
    middle = median_filter(shown, size=(AROUND, 1), mode="nearest")
    return np.asarray(np.linalg.norm(shown - middle, axis=1))
