"""95 % intervals by resampling what is independent: test episodes, or stretches of one recording.

Windows of one recording overlap and resemble their neighbours; drawing them one by one would give intervals far too
narrow. Where there are enough test episodes these are drawn with replacement; otherwise contiguous blocks of frames
are, which leaves out how much recordings differ from one another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xperience.benchmark.samples import Pool
from xperience.benchmark.summary import Interval

MIN_EPISODES = 5
"""Fewest test episodes that are resampled as wholes."""

BLOCK_FRAMES = (40, 200)
"""Least and greatest length of a block: two windows, and 10 s (half of a caption segment)."""

BLOCKS_WANTED = 10
RESAMPLES = 1000
LEVEL = 0.95
_CHUNK_VALUES = 4_000_000
"""Statistics summed at once: bounds the memory at 32 MB."""


@dataclass(frozen=True)
class Units:
    """What is drawn with replacement.

    Attributes:
        of: [n] unit of each test sample, 0 to count - 1.
        count: number of units.
        method: in words.
    """

    of: np.ndarray
    count: int
    method: str


def units(test: Pool) -> Units:
    """Test episodes, or contiguous blocks of frames where there are fewer than `MIN_EPISODES`."""
    episode = test.episode
    episodes = len(test.parts)
    if episodes >= MIN_EPISODES:
        return Units(episode, episodes, f"{episodes} test episodes")
    start = test.frames("start_frame")
    spans = [int(np.ptp(start[episode == k])) + 1 for k in range(episodes)]
    length = int(np.clip(sum(spans) // BLOCKS_WANTED, *BLOCK_FRAMES))
    block = np.zeros(len(test), np.int64)
    for k in range(episodes):
        own = episode == k
        block[own] = (start[own] - start[own].min()) // length
    _, of = np.unique(np.stack([episode, block]), axis=1, return_inverse=True)
    count = int(of.max()) + 1
    plural = "" if episodes == 1 else "s"
    return Units(of.reshape(-1), count, f"{count} blocks of {length} frames in {episodes} test episode{plural}")


def bootstrap(
    stats: np.ndarray, score_of: Callable[[np.ndarray], np.ndarray], score: float, units: Units, seed: int = 0
) -> Interval:
    """Percentile interval of a score from additive statistics [U, K].

    Resampling can shift a score that is no mean (macro-F1 loses classes): the interval is widened to hold the score.
    """
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(units.count, np.full(units.count, 1 / units.count), size=RESAMPLES)
    step = max(1, _CHUNK_VALUES // stats.shape[1])
    values = np.concatenate([score_of(draws[k : k + step] @ stats) for k in range(0, RESAMPLES, step)])
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(min(float(low), score), max(float(high), score), LEVEL, units.method, units.count)
