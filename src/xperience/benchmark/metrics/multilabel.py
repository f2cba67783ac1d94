"""Sets of labels a window: micro-F1, macro-F1 over the whole vocabulary, exact match.

Macro-F1 averages every label of the vocabulary, also those that the test set never has (F1 0 there).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np


def multilabel(
    true: Sequence[Collection[str]], predicted: Sequence[Collection[str]], vocabulary: Sequence[str]
) -> dict[str, float]:
    """Published metrics of predicted sets; names outside the vocabulary count as wrong in all but macro-F1."""
    assert len(true) == len(predicted) > 0
    index = {name: k for k, name in enumerate(vocabulary)}
    hits, support, called = np.zeros((3, len(index)), np.int64)
    tp = fp = fn = exact = 0
    for t, p in zip(map(set, true), map(set, predicted), strict=True):
        tp, fp, fn, exact = tp + len(t & p), fp + len(p - t), fn + len(t - p), exact + (t == p)
        for counts, names in ((hits, t & p), (support, t), (called, p)):
            for name in names:
                if name in index:
                    counts[index[name]] += 1
    f1 = 2 * hits / np.maximum(support + called, 1)
    return {
        "micro_f1": float(micro_f1_of(np.array([tp, fp, fn], float))),
        "macro_f1": float(f1.mean()) if len(f1) else 0.0,
        "exact_match": exact / len(true),
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
    }


def statistics(
    true: Sequence[Collection[str]], predicted: Sequence[Collection[str]], unit: np.ndarray, units: int
) -> np.ndarray:
    """Additive statistics [U, 3]: tp, fp, fn."""
    stats = np.zeros((units, 3))
    for u, t, p in zip(unit, map(set, true), map(set, predicted), strict=True):
        stats[u] += (len(t & p), len(p - t), len(t - p))
    return stats


def micro_f1_of(stats: np.ndarray) -> np.ndarray:
    """Micro-F1, [...] from summed statistics [..., 3]."""
    tp, fp, fn = np.moveaxis(stats, -1, 0)
    return 2 * tp / np.maximum(2 * tp + fp + fn, 1)
