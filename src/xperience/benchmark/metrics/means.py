"""Means of one number a window (reciprocal ranks, joint distances), as additive statistics."""

from __future__ import annotations

import numpy as np


def statistics(values: np.ndarray, unit: np.ndarray, units: int) -> np.ndarray:
    """Additive statistics [U, 2]: sum of the values [n], their count."""
    return np.stack([np.bincount(unit, values, units), np.bincount(unit, minlength=units)], axis=1)


def mean_of(stats: np.ndarray) -> np.ndarray:
    """Mean, [...] from summed statistics [..., 2]."""
    return stats[..., 0] / np.maximum(stats[..., 1], 1)
