"""Boundary F1: predicted transitions against true label changes.

Each window predicted "transition" stands at its centre frame; in time order it takes the nearest true boundary within
the tolerance that no earlier one took. True boundaries count only between the first and last centre of the test span.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOLERANCE_FRAMES = 10


def match(true: Sequence[int], predicted: Sequence[int], tolerance: int = TOLERANCE_FRAMES) -> list[int]:
    """Distances in frames of the matched pairs, predictions taken in the order given.

    Of two boundaries at the same distance the earlier is taken.
    """
    unused = sorted(true)
    distances = []
    for frame in predicted:
        place = int(np.searchsorted(unused, frame))
        near = [k for k in (place - 1, place) if 0 <= k < len(unused) and abs(unused[k] - frame) <= tolerance]
        if near:
            best = min(near, key=lambda k: (abs(unused[k] - frame), unused[k]))
            distances.append(abs(unused.pop(best) - frame))
    return distances


def boundary_metrics(distances: Sequence[int], num_true: int, num_predicted: int) -> dict[str, float | int | None]:
    """Published boundary metrics from the matches (of several episodes, concatenated)."""
    matched = len(distances)
    return {
        "boundary_precision": matched / num_predicted if num_predicted else 0.0,
        "boundary_recall": matched / num_true if num_true else 0.0,
        "boundary_f1": 2 * matched / (num_true + num_predicted) if matched else 0.0,
        "matched_boundaries": matched,
        "true_boundaries": num_true,
        "predicted_boundaries": num_predicted,
        "mean_abs_timing_error_frames": float(np.mean(distances)) if matched else None,
    }


def inside(boundaries: Sequence[int], centers: Sequence[int]) -> list[int]:
    """Boundaries between the first and the last window centre, both inclusive."""
    if not len(centers):
        return []
    first, last = min(centers), max(centers)
    return [int(b) for b in boundaries if first <= b <= last]


def from_runs(
    centers: Sequence[int], near: Sequence[bool], tolerance: int = TOLERANCE_FRAMES
) -> list[tuple[int, int]] | None:
    """Where the boundaries must lie, from windows marked as near one; None where the marks do not tell.

    A window is near a boundary b if |centre - b| <= tolerance. A run of marked windows that one boundary can explain
    gives the range (first, last frame) of places that explain it exactly. Longer runs hold several boundaries, and a
    run at either end may belong to a boundary outside the span: there the answer is None.

    Args:
        centers: [n] centre frames, ascending.
        near: [n] whether a boundary is near.
    """
    ranges = []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(near, np.int8), [0]])))
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        low, high = centers[stop - 1] - tolerance, centers[first] + tolerance
        if first > 0:
            low = max(low, centers[first - 1] + tolerance + 1)
        if stop < len(centers):
            high = min(high, centers[stop] - tolerance - 1)
        if low > high or low < centers[0] or high > centers[-1]:
            return None
        ranges.append((int(low), int(high)))
    return ranges
