"""Stretches of time, and findings made of them."""

from __future__ import annotations

import numpy as np

from xperience.quality.finding import Effect, Finding


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) of each run of True in [T], stop exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(mask, bool), [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def long_runs(mask: np.ndarray, times_s: np.ndarray, least_s: float, gap_s: float = 0.0) -> list[tuple[int, int]]:
    """Runs of True that last at least `least_s`; runs closer than `gap_s` count as one."""
    merged: list[tuple[int, int]] = []
    for start, stop in runs(mask):
        if merged and times_s[start] - times_s[merged[-1][1] - 1] <= gap_s:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return [(a, b) for a, b in merged if times_s[b - 1] - times_s[a] >= least_s]


def findings(
    check: str,
    modality: str,
    spans: list[tuple[int, int]],
    times_s: np.ndarray,
    values: np.ndarray | None,
    threshold: float | None,
    reason: str,
    effect: Effect = "limit",
) -> list[Finding]:
    """One finding a span, with the largest of `values` [T] in it."""
    out = []
    for start, stop in spans:
        value = None if values is None else float(np.nanmax(values[start:stop]))
        out.append(
            Finding(check, modality, float(times_s[start]), float(times_s[stop - 1]), value, threshold, reason, effect)
        )
    return out
