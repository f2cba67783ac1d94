"""Vectors a window: MSE, MAE, R2; and for hands the mean joint distance (MPJPE).

R2 = 1 - SSres / SStot, both summed over all outputs, SStot about each output's test mean. It can be far below 0.
"""

from __future__ import annotations

import numpy as np

HAND_SHAPE = (2, 21, 3)
"""One frame of the forecast target: left then right hand, joints, xyz in metres."""


def regression(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """MSE, MAE and R2 of [n, D], in float64; R2 is 0 where the truth never varies."""
    assert true.shape == predicted.shape and len(true) > 0
    true, predicted = true.astype(np.float64), predicted.astype(np.float64)
    residual = true - predicted
    total = float(((true - true.mean(axis=0)) ** 2).sum())
    return {
        "mse": float((residual**2).mean()),
        "mae": float(np.abs(residual).mean()),
        "r2": 1 - float((residual**2).sum()) / total if total > 0 else 0.0,
    }


def joint_distances(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Distances [n, frames, 42] in metres for vectors [n, frames * 126] ordered frame, hand, joint, xyz."""
    assert true.shape == predicted.shape
    difference = true.astype(np.float64) - predicted.astype(np.float64)
    return np.linalg.norm(difference.reshape(len(true), -1, 42, 3), axis=-1)


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
    truth = true.astype(np.float64)
    truth -= truth.mean(axis=0)
    residual = ((true.astype(np.float64) - predicted) ** 2).sum(axis=1)
    stats = np.zeros((units, true.shape[1] + 3))
    stats[:, 0] = np.bincount(unit, minlength=units)
    stats[:, 1] = np.bincount(unit, residual, units)
    stats[:, 2] = np.bincount(unit, (truth**2).sum(axis=1), units)
    np.add.at(stats[:, 3:], unit, truth)
    return stats


def r2_of(stats: np.ndarray) -> np.ndarray:
    """R2, [...] from summed statistics [..., D + 3]."""
    count, residual, squares = stats[..., 0], stats[..., 1], stats[..., 2]
    total = squares - (stats[..., 3:] ** 2).sum(-1) / np.maximum(count, 1)
    return np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), 0.0)
