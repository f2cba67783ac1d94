"""The inertial measurement unit at its native rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode.annotation import AnnotationFile
from xperience.episode.clock import Clock
from xperience.episode.presence import Presence

PATHS = ("imu/device_timestamp_ns", "imu/accel_xyz", "imu/gyro_xyz")


@dataclass(frozen=True)
class Imu:
    """IMU samples in the body frame.

    Attributes:
        times_ns: [M] int64 device clock; times_s: [M] seconds from the recording's first frame.
        accel: [M, 3] m/s2 including gravity; gyro: [M, 3] rad/s.
        valid: [M] finite samples.
        keyframes: [N] IMU sample at each frame, or None where the file has none.
    """

    times_ns: np.ndarray
    times_s: np.ndarray
    accel: np.ndarray
    gyro: np.ndarray
    valid: np.ndarray
    keyframes: np.ndarray | None
    presence: Presence = Presence.PRESENT
    reason: str = ""

    @property
    def present(self) -> bool:
        return self.presence is Presence.PRESENT

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def rate_hz(self) -> float:
        """Median sampling rate by the device clock."""
        if len(self) < 2:
            return 0.0
        step = float(np.median(np.diff(self.times_ns)))
        return 1e9 / step if step > 0 else 0.0


def read(file: AnnotationFile, clock: Clock) -> Imu:
    times, accel, gyro = (file.read(path) for path in PATHS)
    if times is None or accel is None or gyro is None:
        none = np.zeros((0, 3))
        empty = np.zeros(0, np.int64)
        reason = "imu/ is not in the file"
        return Imu(empty, np.zeros(0), none, none, np.zeros(0, bool), None, Presence.ABSENT, reason)
    count = min(times.size, len(accel), len(gyro))
    times = times.reshape(-1)[:count].astype(np.int64)
    accel, gyro = np.asarray(accel[:count], np.float64), np.asarray(gyro[:count], np.float64)
    keyframes = file.read("imu/keyframe_indices")
    if keyframes is not None:
        keyframes = keyframes.reshape(-1).astype(np.int64)
    valid = np.isfinite(accel).all(1) & np.isfinite(gyro).all(1)
    return Imu(times, clock.to_seconds(times), accel, gyro, valid, keyframes)
