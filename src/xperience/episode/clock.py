"""The frame clock of a recording.

Times are device nanoseconds (int64) on disk and float64 seconds from the first frame in memory. Nothing assumes
that frame k lies at k / fps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Clock:
    """Times of the annotation's frames.

    Attributes:
        times_ns: [N] int64 device clock.
        source: dataset the times were read from.
    """

    times_ns: np.ndarray
    source: str

    def __len__(self) -> int:
        return len(self.times_ns)

    @property
    def origin_ns(self) -> int:
        """Device time that counts as second 0 of the recording: the first frame."""
        return int(self.times_ns[0]) if len(self.times_ns) else 0

    @property
    def times_s(self) -> np.ndarray:
        """[N] float64 seconds from the first frame."""
        return self.to_seconds(self.times_ns)

    @property
    def monotonic(self) -> bool:
        """True where every frame is later than the one before."""
        return bool((np.diff(self.times_ns) > 0).all())

    @property
    def fps(self) -> float:
        """Median frame rate by this clock; 0 where there are fewer than two frames or time stands still."""
        if len(self) < 2:
            return 0.0
        step = float(np.median(np.diff(self.times_ns)))
        return 1e9 / step if step > 0 else 0.0

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last."""
        if len(self) < 2:
            return 0.0
        return float(self.times_s[-1]) + (1 / self.fps if self.fps else 0.0)

    def to_seconds(self, times_ns: np.ndarray) -> np.ndarray:
        """Device nanoseconds to seconds from the first frame."""
        return (np.asarray(times_ns, np.int64) - self.origin_ns) * 1e-9

    def nearest(self, time_ns: int) -> int:
        """Frame whose timestamp is nearest; the earlier of two equally near, the first of equal stamps."""
        return int(np.argmin(np.abs(self.times_ns - np.int64(time_ns))))
