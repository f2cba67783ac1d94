"""The sparse map that tracking leaves behind: points of the scenery that the headset has looked at."""

from __future__ import annotations

import numpy as np

from xperience.simulate.render.renderer import DepthHits

NOISE_M = 0.005
FIRST, EACH = 160, 4
"""Points taken from the first frame and from each later one: hundreds in short recordings, tens of thousands in long ones."""


class MapBuilder:
    """Collects map points while frames are drawn."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._points: list[np.ndarray] = []

    def add(self, hits: DepthHits) -> None:
        """Takes some still points within range from one frame."""
        at = np.flatnonzero(hits.still & (hits.z < 8.0))
        count = min(EACH if self._points else FIRST, len(at))
        chosen = hits.points.reshape(-1, 3)[self._rng.choice(at, count, replace=False)]
        self._points.append(chosen + self._rng.normal(0, NOISE_M, chosen.shape))

    def points(self) -> np.ndarray:
        """[P, 3] float64 in the scenario's world."""
        return np.concatenate(self._points)
