"""Mean and deviation of each stream's channels over the training split, for models that want them.

Sums are kept per recording and added in the order of the plan, so that the result does not depend on who worked when.
Deviations have physical floors: a constant channel must not blow up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xperience.prepare.streams import STREAMS

FLOORS = {
    "video": 1.0,
    "audio": 1.0,
    "depth": 1e-3,
    "pose": 1e-3,
    "hands": 1e-3,
    "body": 1e-3,
    "imu": 1e-2,
}
"""Smallest deviation by modality, in its streams' units: one grey level, one step of 16-bit sound, 1 mm, 0.01 m/s2 and
rad/s."""

UNLIKE = {"contacts": 1e-2, "depth_confidence": 1.0}
"""Streams whose unit differs from that of their modality: a hundredth of a contact, one step of 255."""


class Tally:
    """Count, sum and sum of squares of each channel of one stream."""

    def __init__(self) -> None:
        self.sums: np.ndarray | None = None

    def add(self, samples: np.ndarray) -> None:
        """Samples [n, ...]; everything behind the first axis is a channel."""
        if len(samples):
            flat = samples.reshape(len(samples), -1).astype(np.float64)
            count = np.full(flat.shape[1], float(len(flat)))
            self.take(np.stack([count, flat.sum(axis=0), np.square(flat).sum(axis=0)]))

    def take(self, sums: np.ndarray) -> None:
        """Adds sums [3, C]: count, sum, sum of squares."""
        self.sums = sums if self.sums is None else self.sums + sums


class Total:
    """Moments over many recordings, added in their order."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def add(self, sums: Mapping[str, Sequence[Sequence[float]]]) -> None:
        """Sums [3, C] by stream of one recording."""
        for stream, values in sums.items():
            self._tallies.setdefault(stream, Tally()).take(np.asarray(values, np.float64))

    def describe(self) -> dict[str, Any]:
        """By stream, in registry order: count of samples, mean and std of each channel."""
        out = {}
        for name, stream in STREAMS.items():
            tally = self._tallies.get(name)
            if tally is not None and tally.sums is not None:
                count, first, second = tally.sums
                mean = first / np.maximum(count, 1)
                std = np.sqrt(np.maximum(second / np.maximum(count, 1) - mean**2, 0))
                floor = UNLIKE.get(name, FLOORS[stream.modality])
                out[name] = {"count": int(count[0]), "mean": mean.tolist(), "std": np.maximum(std, floor).tolist()}
        return out
