"""Vectors a window: MSE, MAE, R2; and for hands the mean joint distance (MPJPE).

R2 = 1 - SSres / SStot, both summed over all outputs, SStot about each output's test mean. It can be far below 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

HAND_SHAPE = (2, 21, 3)
"""One frame of the forecast target: left then right hand, joints, xyz in metres."""

_PIECE = 4_000_000
"""Values in float64 at once: 32 MB."""


def _steps(values: np.ndarray) -> Iterator[slice]:
    """Rows of [n, D] in pieces of bounded size."""
    step = max(1, _PIECE // max(values.shape[1], 1))
    return (slice(k, k + step) for k in range(0, len(values), step))


def regression(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """MSE, MAE and R2 of [n, D], in float64; R2 is 0 where the truth never varies."""
    assert true.shape == predicted.shape and len(true) > 0
    mean = true.mean(axis=0, dtype=np.float64)
    squares = absolute = total = 0.0
    for rows in _steps(true):
        residual = true[rows].astype(np.float64) - predicted[rows]
        squares += float((residual**2).sum())
        absolute += float(np.abs(residual).sum())
        total += float(((true[rows] - mean) ** 2).sum())
    return {"mse": squares / true.size, "mae": absolute / true.size, "r2": 1 - squares / total if total > 0 else 0.0}


def single_precision(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """`regression` of float32 [n, D] as the published suite computes it: all sums in float32."""
    assert true.dtype == predicted.dtype == np.float32 and true.shape == predicted.shape and len(true) > 0
    error = predicted - true
    squares = float(np.sum(error * error))
    total = float(np.sum((true - true.mean(axis=0, keepdims=True)) ** 2))
    return {
        "mse": float(np.mean(error * error)),
        "mae": float(np.mean(np.abs(error))),
        "r2": 1 - squares / total if total > 0 else 0.0,
    }


def joint_distances(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Mean joint distance [n, frames] in metres for vectors [n, frames * 126] ordered frame, hand, joint, xyz."""
    assert true.shape == predicted.shape
    result = np.empty((len(true), true.shape[1] // int(np.prod(HAND_SHAPE))))
    for rows in _steps(true):
        difference = true[rows].astype(np.float64) - predicted[rows]
        result[rows] = np.linalg.norm(difference.reshape(len(difference), -1, 42, 3), axis=-1).mean(axis=-1)
    return result


def hands(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """`regression` with mpjpe over all frames and joints, and final_frame_mpjpe, in metres."""
    distances = joint_distances(true, predicted)
    return regression(true, predicted) | {
        "mpjpe": float(distances.mean()),
        "final_frame_mpjpe": float(distances[:, -1].mean()),
    }


def r2_statistics(true: np.ndarray, predicted: np.ndarray, unit: np.ndarray, units: int) -> np.ndarray:
    """Additive statistics [U, D + 3] for `r2_of`: count, SSres, sum of squares, sums of each output.

    Outputs are centred first: R2 does not change, and the sums of squares lose no digits.
    """
    mean = true.mean(axis=0, dtype=np.float64)
    stats = np.zeros((units, true.shape[1] + 3))
    stats[:, 0] = np.bincount(unit, minlength=units)
    for rows in _steps(true):
        truth = true[rows] - mean
        residual = ((true[rows].astype(np.float64) - predicted[rows]) ** 2).sum(axis=1)
        stats[:, 1] += np.bincount(unit[rows], residual, units)
        stats[:, 2] += np.bincount(unit[rows], (truth**2).sum(axis=1), units)
        np.add.at(stats[:, 3:], unit[rows], truth)
    return stats


def r2_of(stats: np.ndarray) -> np.ndarray:
    """R2, [...] from summed statistics [..., D + 3]."""
    count, residual, squares = stats[..., 0], stats[..., 1], stats[..., 2]
    total = squares - (stats[..., 3:] ** 2).sum(-1) / np.maximum(count, 1)
    return np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), 0.0)
