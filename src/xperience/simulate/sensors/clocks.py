"""When each stream is sampled: one device clock, each sensor with its own rate and jitter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FPS = 20.0003
"""Frame rate of the public sample by its device clock."""
FRAME_JITTER_S = 0.00008
IMU_HZ = 200.0
IMU_JITTER_S = 0.00002
IMU_RATE_SPREAD = 2e-4
"""Relative error of the IMU's own oscillator, standard deviation."""


@dataclass(frozen=True)
class Clocks:
    """Device times of a recording; scenario second 0 is the first frame.

    Attributes:
        frame_ns: [N] int64. imu_ns: [M] int64, from just before the first frame to just after the last.
    """

    frame_ns: np.ndarray
    imu_ns: np.ndarray

    @property
    def frame_s(self) -> np.ndarray:
        """[N] scenario seconds of the frames."""
        return (self.frame_ns - self.frame_ns[0]) * 1e-9

    @property
    def imu_s(self) -> np.ndarray:
        """[M] scenario seconds of the IMU samples; the first is slightly negative."""
        return (self.imu_ns - self.frame_ns[0]) * 1e-9

    @property
    def keyframes(self) -> np.ndarray:
        """[N] IMU sample nearest to each frame."""
        after = np.clip(np.searchsorted(self.imu_ns, self.frame_ns), 1, len(self.imu_ns) - 1)
        nearer = self.frame_ns - self.imu_ns[after - 1] < self.imu_ns[after] - self.frame_ns
        return after - nearer


def make_clocks(frames: int, rng: np.random.Generator) -> Clocks:
    """Clocks of a recording of `frames` frames; the device has been on for hours when it starts."""
    start = int(rng.integers(10**13, 10**14))
    jitter = np.clip(rng.normal(0, FRAME_JITTER_S, frames), -4 * FRAME_JITTER_S, 4 * FRAME_JITTER_S)
    jitter[0] = 0
    frame_ns = start + np.round((np.arange(frames) / FPS + jitter) * 1e9).astype(np.int64)

    rate = IMU_HZ * (1 + rng.normal(0, IMU_RATE_SPREAD))
    lead = rng.uniform(0.001, 1 / rate - 0.001)
    end = (frame_ns[-1] - start) * 1e-9
    count = int(np.ceil((end + lead + 5 * IMU_JITTER_S) * rate)) + 1
    wobble = np.clip(rng.normal(0, IMU_JITTER_S, count), -4 * IMU_JITTER_S, 4 * IMU_JITTER_S)
    imu_ns = start + np.round((np.arange(count) / rate - lead + wobble) * 1e9).astype(np.int64)
    return Clocks(frame_ns, imu_ns)
