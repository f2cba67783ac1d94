"""Retrieval by cosine: MRR, median and mean rank, top-k.

Ranks count from 1. Candidates that tie with the right one share the mean of their ranks, so that equal answers cannot
score as a find; without ties this is the published rank.
"""

from __future__ import annotations

import numpy as np

TOP_K = (1, 5, 10)
_CHUNK = 512
"""Queries compared at once: bounds the similarity matrix to 512 x candidates."""


def unit_rows(values: np.ndarray) -> np.ndarray:
    """Rows [n, D] at length 1; all-zero rows stay zero."""
    values = np.asarray(values, np.float32 if values.dtype == np.float32 else np.float64)
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-8)


def ranks(query: np.ndarray, candidates: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Rank [Q] of each query's right candidate.

    Args:
        query: [Q, D].
        candidates: [C, D].
        positive: [Q] index of the right candidate.
    """
    candidates = unit_rows(candidates)
    result = np.empty(len(query))
    for start in range(0, len(query), _CHUNK):
        rows = slice(start, start + _CHUNK)
        similarity = unit_rows(query[rows]) @ candidates.T
        right = np.take_along_axis(similarity, positive[rows, None], axis=1)
        better, equal = (similarity > right).sum(1), (similarity == right).sum(1)
        result[rows] = better + (equal + 1) / 2
    return result


def best(query: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """[Q] index of the nearest candidate."""
    candidates = unit_rows(candidates)
    steps = range(0, len(query), _CHUNK)
    return np.concatenate([(unit_rows(query[k : k + _CHUNK]) @ candidates.T).argmax(axis=1) for k in steps])


def retrieval(rank: np.ndarray) -> dict[str, float | int]:
    """Published metrics from ranks [Q]."""
    assert len(rank) > 0
    metrics: dict[str, float | int] = {
        "mrr": float(np.mean(1 / rank)),
        "median_rank": float(np.median(rank)),
        "mean_rank": float(np.mean(rank)),
        "num_queries": len(rank),
    }
    for k in TOP_K:
        metrics[f"top{k}_accuracy"] = float(np.mean(rank <= k))
    return metrics


def chance(candidates: int) -> dict[str, float]:
    """Expected metrics of a random order: MRR = H_n / n, top-k = k / n."""
    expected = {
        "mrr": float(np.mean(1 / np.arange(1, candidates + 1))),
        "median_rank": (candidates + 1) / 2,
        "mean_rank": (candidates + 1) / 2,
    }
    return expected | {f"top{k}_accuracy": min(k / candidates, 1.0) for k in TOP_K}
