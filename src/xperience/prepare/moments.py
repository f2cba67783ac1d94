"""Mean and deviation of each stream's channels over the training split, for models that want them.

Sums are kept per recording and added in the order of the plan, so that the result does not depend on who worked when.
Deviations have physical floors: a constant channel must not blow up.
"""

from __future__ import annotations

import warnings
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


TAILS = (0.005, 0.995)
"""Shares of a recording's samples between which their range is taken: one wrong sample in two hundred is without effect."""


class Tally:
    """Count, sum and sum of squares of each channel of one stream.

    Args:
        all: [n, ...] all samples of the recording: then those that lie far outside the range of the others count as if they
            lay at its border, see `borders`. Without it nothing bounds what one sample does.
    """

    def __init__(self, all: np.ndarray | None = None) -> None:
        self.sums: np.ndarray | None = None
        self._borders = borders(all) if all is not None and len(all) else None

    def add(self, samples: np.ndarray) -> None:
        """Samples [n, ...]; everything behind the first axis is a channel."""
        if len(samples):
            flat = samples.reshape(len(samples), -1).astype(np.float64)
            if self._borders is not None:
                flat = np.clip(flat, *self._borders)
            known = np.isfinite(flat)
            flat = np.where(known, flat, 0)
            self.take(np.stack([known.sum(axis=0).astype(float), flat.sum(axis=0), np.square(flat).sum(axis=0)]))

    def take(self, sums: np.ndarray) -> None:
        """Adds sums [3, C]: count, sum, sum of squares."""
        self.sums = sums if self.sums is None else self.sums + sums


def borders(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[C], [C]: what a sample counts at least and at most, by channel.

    The range of all samples but the `TAILS` lowest and highest, widened by itself on both sides. Samples of a normal
    distribution, even of a Laplace distribution, do not get there; one that is wrong by orders of magnitude moves mean and
    deviation by no more than a large one would.
    """
    flat = samples.reshape(len(samples), -1).astype(np.float64)
    flat = np.where(np.isfinite(flat), flat, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a channel without any sample
        low = np.nanquantile(flat, TAILS[0], axis=0, method="higher")
        high = np.nanquantile(flat, TAILS[1], axis=0, method="lower")
    return low - (high - low), high + (high - low)


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
                out[name] = {"count": int(count.max()), "mean": mean.tolist(), "std": np.maximum(std, floor).tolist()}
        return out
