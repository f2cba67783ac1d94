"""The seven window statistics, for all windows of a recording at once.

Letters in shapes: W windows, T samples of a window, C channels. All arithmetic is float32 and sums run over a window's
samples in time order, as `numpy` sums the rows of one window, so the results agree with a window-by-window
computation to the last bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xperience.prepare.contract import STATISTICS

CHUNK_BYTES = 32 * 2**20
"""Largest intermediate array."""


def finite(values: np.ndarray) -> np.ndarray:
    """float32 copy with NaN and infinities read as 0."""
    return np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def statistics_of(sample: Callable[[int], np.ndarray], length: int) -> np.ndarray:
    """Statistics [W, 7 C] of windows whose k-th samples `sample(k)` [W, C] gives, k = 0 .. length - 1.

    Order: mean, population standard deviation, minimum, maximum, last - first, mean and population standard
    deviation of the first differences (0 where length is 1).
    """
    assert length > 0
    first = sample(0)
    total = first.copy()
    low, high = first.copy(), first.copy()
    step_total = np.zeros_like(first)
    before = first
    for k in range(1, length):
        now = sample(k)
        total += now
        np.minimum(low, now, out=low)
        np.maximum(high, now, out=high)
        step_total += now - before
        before = now
    delta = before - first
    mean = total / np.float32(length)
    step_mean = step_total / np.float32(max(1, length - 1))
    spread, step_spread = np.zeros_like(mean), np.zeros_like(mean)
    for k in range(length):
        now = sample(k)
        spread += np.square(now - mean)
        if k:
            step_spread += np.square(now - before - step_mean)
        before = now
    std = np.sqrt(spread / np.float32(length))
    step_std = np.sqrt(step_spread / np.float32(max(1, length - 1)))
    return np.concatenate([mean, std, low, high, delta, step_mean, step_std], axis=1)


def window_statistics(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray | int) -> np.ndarray:
    """Statistics [W, 7 C] float32 of rows starts[w] : starts[w] + lengths[w] of values [N, C].

    A window that reaches past the last row is summed up over the rows it has; one that has none is all zeros.
    """
    values = finite(values)
    starts = np.asarray(starts, np.int64)
    there = np.clip(np.minimum(starts + lengths, len(values)) - starts, 0, None)
    out = np.zeros((len(starts), len(STATISTICS) * values.shape[1]), np.float32)
    rows = max(1, CHUNK_BYTES // max(1, 4 * values.shape[1]))
    for length in np.unique(there[there > 0]):
        of_length = np.flatnonzero(there == length)
        for at in range(0, len(of_length), rows):
            chosen = of_length[at : at + rows]
            first = starts[chosen]
            out[chosen] = statistics_of(lambda k, first=first: values[first + k], int(length))  # type: ignore[misc]
    return out


def valid_share(valid: np.ndarray, starts: np.ndarray, lengths: np.ndarray | int) -> np.ndarray:
    """[W] float32: share of each window's samples that are there and valid; samples past the end count as missing."""
    count = np.concatenate([[0], np.cumsum(valid, dtype=np.int64)])
    starts = np.asarray(starts, np.int64)
    first, last = np.clip(starts, 0, len(valid)), np.clip(starts + lengths, 0, len(valid))
    return ((count[last] - count[first]) / np.maximum(1, lengths)).astype(np.float32)
