"""The inertial measurement unit at its native rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode.annotation import AnnotationFile
from xperience.episode.clock import Clock, whole_numbers
from xperience.episode.presence import Notes, Presence

TIMES, ACCEL, GYRO = PATHS = ("imu/device_timestamp_ns", "imu/accel_xyz", "imu/gyro_xyz")
KEYFRAMES = "imu/keyframe_indices"


@dataclass(frozen=True)
class Imu:
    """IMU samples in the body frame.

    Attributes:
        times_ns: [M] int64 device clock; times_s: [M] seconds from the recording's first frame.
        accel: [M, 3] m/s2 including gravity; gyro: [M, 3] rad/s.
        valid: [M] finite samples.
        keyframes: [N] IMU sample at each frame as stored (it may point past the samples), or None where the file has
            none.
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


def read(file: AnnotationFile, clock: Clock, notes: Notes) -> Imu:
    """All samples whose time, acceleration and turn rate are there; odd lengths are cut to the shortest and noted."""
    times, accel, gyro = (file.read(path) for path in PATHS)
    if times is None or accel is None or gyro is None:
        none, empty = np.zeros((0, 3)), np.zeros(0, np.int64)
        missing = next(p for p, a in zip(PATHS, (times, accel, gyro), strict=True) if a is None)
        reason = f"{missing} is not in the file"
        return Imu(empty, np.zeros(0), none, none, np.zeros(0, bool), None, Presence.ABSENT, reason)
    lengths = (times.size, len(accel), len(gyro))
    count = min(lengths)
    if len(set(lengths)) > 1:
        notes.add("imu", "times, accel and gyro are not of one length", lengths, "equal")
    stamps = whole_numbers(times.reshape(-1)[:count], file.path, TIMES)
    if (np.diff(stamps) <= 0).any():
        notes.add(TIMES, "not increasing", f"{int((np.diff(stamps) <= 0).sum())} steps back or still")
    accel, gyro = np.asarray(accel[:count], np.float64), np.asarray(gyro[:count], np.float64)
    valid = np.isfinite(accel).all(1) & np.isfinite(gyro).all(1)
    return Imu(stamps, clock.to_seconds(stamps), accel, gyro, valid, _keyframes(file, len(clock), count, notes))


def _keyframes(file: AnnotationFile, num_frames: int, count: int, notes: Notes) -> np.ndarray | None:
    stored = file.read(KEYFRAMES)
    if stored is None:
        return None
    keyframes = whole_numbers(stored.reshape(-1), file.path, KEYFRAMES)
    if len(keyframes) != num_frames:
        notes.add(KEYFRAMES, "not as long as the frame clock", f"{len(keyframes)} entries", f"{num_frames} frames")
    outside = int(((keyframes < 0) | (keyframes >= count)).sum())
    if outside:
        notes.add(KEYFRAMES, "points outside the samples", f"{outside} entries", f"0 to {count - 1}")
    return keyframes
