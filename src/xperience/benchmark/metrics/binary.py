"""F1 of class 1 and its parts, for the two-way tasks (right order, aligned)."""

from __future__ import annotations

import numpy as np


def binary(true: np.ndarray, predicted: np.ndarray) -> dict[str, float | int]:
    """Published metrics of 0/1 predictions [n]; a quotient without a divisor is 0."""
    assert len(true) == len(predicted) > 0
    tp, tn, fp, fn = (int(v) for v in statistics(true, predicted, np.zeros(len(true), np.int64), 1)[0])
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    return {
        "accuracy": (tp + tn) / len(true),
        "precision": precision,
        "recall": recall,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp else 0.0,
        "tp": tp,
        "tn": tn,
        "fp": fp,
        "fn": fn,
        "positive_rate_true": float(np.mean(true)),
        "positive_rate_pred": float(np.mean(predicted)),
    }


def statistics(true: np.ndarray, predicted: np.ndarray, unit: np.ndarray, units: int) -> np.ndarray:
    """Additive statistics [U, 4]: tp, tn, fp, fn."""
    column = np.where(true == predicted, np.where(true == 1, 0, 1), np.where(predicted == 1, 2, 3))
    stats = np.zeros((units, 4))
    np.add.at(stats, (unit, column), 1)
    return stats


def f1_of(stats: np.ndarray) -> np.ndarray:
    """F1 of class 1, [...] from summed statistics [..., 4]."""
    tp, _, fp, fn = np.moveaxis(stats, -1, 0)
    return 2 * tp / np.maximum(2 * tp + fp + fn, 1)
