"""Is there depth, within its stated range, and changing?"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.spans import findings, long_runs

VALID = Threshold(0.15, "share", "indoor stereo fills most of the image; clean recordings stay above 0.4")
LEAST = Threshold(0.25, "s", "five frames at 20 fps")
OUTSIDE = Threshold(0.02, "share", "pixels outside depth_min..depth_max; the format has none, noise a few")
FARTHEST = 1e6
"""Metres: what is stored beyond is taken for that."""

FROZEN = Threshold(0.25, "s", "five equal depth images: stereo noise never repeats")


def run(evidence: Evidence) -> list[Finding]:
    depth = evidence.episode.depth
    times = evidence.episode.clock.times_s
    if not depth.present or not len(depth) or not len(times):
        return []
    if not depth.shape[1] * depth.shape[2]:
        return [Finding("depth", "depth", 0.0, float(times[-1]), 0, 1, "depth images have no pixels")]
    stats = evidence.depth_statistics
    count = min(len(stats), len(times))
    times, stats = times[:count], stats[:count]
    share, outside, repeated = stats[:, 0], stats[:, 1], stats[:, 2] > 0
    found = []
    if len(depth) < len(evidence.episode.clock):
        reason = f"depth ends after {len(depth)} of {len(evidence.episode.clock)} frames"
        start = float(evidence.episode.clock.times_s[len(depth)])
        end = evidence.episode.clock.duration_s
        found.append(Finding("depth", "depth", start, end, len(depth), len(evidence.episode.clock), reason))
    if not depth.depth_max > depth.depth_min >= 0:
        reason = f"depth_min {depth.depth_min:g} and depth_max {depth.depth_max:g} are not a range"
        found.append(Finding("depth", "depth", 0.0, float(times[-1]), depth.depth_min, depth.depth_max, reason))
    empty = long_runs(share < VALID.value, times, LEAST.value)
    found += findings("depth", "depth", empty, times, share, VALID.value, "hardly any valid depth")
    wild = long_runs(outside > OUTSIDE.value, times, LEAST.value)
    found += findings("depth", "depth", wild, times, outside, OUTSIDE.value, "depth outside its stated range")
    same = long_runs(repeated, times, FROZEN.value)
    found += findings("depth", "depth", same, times, None, FROZEN.value, "depth image is frozen")
    return found


def frame_statistics(depth: np.ndarray, before: np.ndarray | None, low: float, high: float) -> np.ndarray:
    """[n, 3] for depth [n, H, W]: share valid, share of valid outside low..high, 1 where equal to the frame before."""
    valid = np.isfinite(depth) & (depth > 0)
    counted = np.maximum(valid.sum((1, 2)), 1)
    low, high = np.clip([low, high], -FARTHEST, FARTHEST).tolist()
    slack = 0.02 * max(high - low, 0.0)  # stereo noise may leave the range by a little
    outside = (valid & ((depth < low - slack) | (depth > high + slack))).sum((1, 2)) / counted
    chain = depth if before is None else np.concatenate([before[None], depth])
    # Compare a sparse grid first: equal grids are rare unless frozen, and only then all pixels are looked at.
    same = (chain[1:, ::8, ::8] == chain[:-1, ::8, ::8]).all((1, 2))
    for k in np.flatnonzero(same):
        same[k] = np.array_equal(chain[k + 1], chain[k], equal_nan=True) and valid.any()
    if before is None:
        same = np.concatenate([[False], same])
    return np.stack([valid.mean((1, 2)), outside, same], -1)


CHECK = Check(
    name="depth",
    reads=("depth",),
    question="Is there depth, within its stated range, and changing?",
    thresholds={"valid": VALID, "least": LEAST, "outside": OUTSIDE, "frozen": FROZEN},
    run=run,
)
