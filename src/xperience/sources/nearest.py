"""Which sample of one stream lies nearest to the times of another."""

from __future__ import annotations

import numpy as np


def nearest(times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of the entry of the sorted `times` that is nearest to each wanted time."""
    after = np.clip(np.searchsorted(times, wanted), 1, max(1, len(times) - 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    return np.where(wanted - times[before] <= times[after] - wanted, before, after)
