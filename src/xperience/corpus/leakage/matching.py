"""Which recordings share landmarks, and how far apart in time: found without comparing all with all.

Vectors that are nearly alike agree in most signs of random projections. Bands of such signs are sorted; only landmarks
that agree in a whole band are compared. A pair of recordings counts by how many landmarks match at one and the same
time shift: chance matches scatter, copies do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xperience.corpus.leakage.landmarks import Landmarks

BANDS = 8
"""Chances to agree. Two vectors of correlation 0.98 agree in a band of 16 signs with probability 0.34."""

LEAST_BITS, MOST_BITS = 10, 26
"""Signs a band: about the logarithm of the number of landmarks, so that a vector meets about one stranger a band."""

CROWD = 64
"""Landmarks of one band of signs, a side: what more share is a picture of nothing (a blank wall) and says nothing."""

SLACK_S = 0.3
"""Time shifts this near to each other count as one."""

_BLOCK = 200_000


@dataclass(frozen=True)
class Match:
    """Two recordings that share landmarks.

    Attributes:
        one, other: their ids.
        shift_s: time in `other` minus time in `one`.
        overlap_s: what the two then have in common.
        streams: stream of `one` to (landmarks in that time, those that match).
        span_s: from the first match to the last.
        correlation: median of the matches.
    """

    one: str
    other: str
    shift_s: float
    overlap_s: float
    streams: dict[str, tuple[int, int]]
    span_s: float
    correlation: float

    def share(self, stream: str) -> float:
        """Of a stream's landmarks in the common time, those that match."""
        there, matched = self.streams.get(stream, (0, 0))
        return min(1.0, matched / there) if there else 0.0

    @property
    def count(self) -> int:
        return sum(matched for _, matched in self.streams.values())


def matches(
    sides: tuple[Mapping[str, Mapping[str, Landmarks]], Mapping[str, Mapping[str, Landmarks]]],
    streams: tuple[str, ...],
    alike: float,
    *,
    across: bool = False,
) -> list[Match]:
    """Pairs of a recording of one side and one of the other that share any landmark, each at its best time shift.

    Args:
        sides: stream to landmarks, by id; the two sides have no id in common.
        streams: that are looked at. across: also compares different streams (views under wrong names).
        alike: least correlation of two vectors that match.
    """
    votes: dict[tuple[str, str], list[tuple[np.ndarray, str]]] = defaultdict(list)
    for names in [streams] if across else [(name,) for name in streams]:
        first, second = (_Pool.of(side, names) for side in sides)
        if not len(first.vectors) or not len(second.vectors):
            continue
        i, j, correlation = _alike(first.vectors, second.vectors, alike)
        key = first.owner[i] * len(second.ids) + second.owner[j]
        order = np.argsort(key, kind="stable")
        bounds = np.flatnonzero(np.diff(key[order], prepend=-1))
        for group in np.split(order, bounds[1:]) if len(order) else []:
            a, b = i[group], j[group]
            for code in np.unique(first.stream[a]):
                mine = first.stream[a] == code
                found = np.stack([first.times_s[a[mine]], second.times_s[b[mine]], correlation[group[mine]]], 1)
                pair = first.ids[first.owner[a[0]]], second.ids[second.owner[b[0]]]
                votes[pair].append((found, names[code]))
    first_side, second_side = sides
    return [
        _vote(one, other, found, _only(first_side[one], streams), _only(second_side[other], streams))
        for (one, other), found in sorted(votes.items())
    ]


@dataclass(frozen=True)
class _Pool:
    """Landmarks of many recordings: vectors [n, C], times_s [n], owner [n] into ids, stream [n] into names."""

    ids: list[str]
    vectors: np.ndarray
    times_s: np.ndarray
    owner: np.ndarray
    stream: np.ndarray

    @classmethod
    def of(cls, side: Mapping[str, Mapping[str, Landmarks]], names: tuple[str, ...]) -> _Pool:
        ids = sorted(side)
        found = [(k, s, side[id][name]) for k, id in enumerate(ids) for s, name in enumerate(names) if name in side[id]]
        if not found:
            none = np.zeros(0, np.int64)
            return cls(ids, np.zeros((0, 1), np.int8), np.zeros(0), none, none)
        counts = [len(one.times_s) for _, _, one in found]
        return cls(
            ids,
            np.concatenate([one.vectors for _, _, one in found]),
            np.concatenate([one.times_s for _, _, one in found]),
            np.repeat([k for k, _, _ in found], counts),
            np.repeat([s for _, s, _ in found], counts),
        )


def _alike(a: np.ndarray, b: np.ndarray, alike: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (rows of a, rows of b, correlation) that agree in a band of signs and correlate enough; each pair once."""
    mean = _mean(a, b)
    bits = int(np.clip(np.ceil(np.log2(len(a) + len(b))), LEAST_BITS, MOST_BITS))
    planes = np.random.default_rng(0).standard_normal((a.shape[1], BANDS * bits)).astype(np.float32)
    ours, theirs = _codes(a, mean, planes, bits), _codes(b, mean, planes, bits)
    pairs = [_meet(ours[:, band], theirs[:, band]) for band in range(BANDS)]
    both = np.unique(np.concatenate(pairs), axis=0) if pairs else np.zeros((0, 2), np.int64)
    correlation = np.concatenate(
        [np.zeros(0, np.float32)]
        + [_correlation(a[k[:, 0]], b[k[:, 1]], mean) for k in np.array_split(both, len(both) // _BLOCK + 1)]
    )
    kept = correlation >= alike
    return both[kept, 0], both[kept, 1], correlation[kept]


def _mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[C] what all vectors have in common (the dark rim of a fisheye, the rise and fall of a peak): it says nothing."""
    total = sum(x[k : k + _BLOCK].sum(0, dtype=np.int64) for x in (a, b) for k in range(0, len(x), _BLOCK))
    return (total / (len(a) + len(b))).astype(np.float32)


def _codes(vectors: np.ndarray, mean: np.ndarray, planes: np.ndarray, bits: int) -> np.ndarray:
    """[n, BANDS] uint32 signs of the projections."""
    powers = (1 << np.arange(bits)).astype(np.uint32)
    out = np.empty((len(vectors), BANDS), np.uint32)
    for k in range(0, len(vectors), _BLOCK):
        signs = (vectors[k : k + _BLOCK] - mean) @ planes > 0
        out[k : k + _BLOCK] = signs.reshape(len(signs), BANDS, bits) @ powers
    return out


def _meet(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[m, 2] positions with equal codes; codes that too many share are left out."""
    by_a, by_b = np.argsort(a, kind="stable"), np.argsort(b, kind="stable")
    codes, start_a, count_a = np.unique(a[by_a], return_index=True, return_counts=True)
    low = np.searchsorted(b[by_b], codes, "left")
    count_b = np.searchsorted(b[by_b], codes, "right") - low
    shared = (count_b > 0) & (count_a <= CROWD) & (count_b <= CROWD)
    sizes = (count_a * count_b)[shared]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = np.repeat(count_b[shared], sizes)
    i = np.repeat(start_a[shared], sizes) + within // np.maximum(width, 1)
    j = np.repeat(low[shared], sizes) + within % np.maximum(width, 1)
    return np.stack([by_a[i], by_b[j]], 1).astype(np.int64)


def _correlation(a: np.ndarray, b: np.ndarray, mean: np.ndarray) -> np.ndarray:
    x, y = a - mean, b - mean
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return np.asarray((x * y).sum(1) / np.maximum(lengths, 1e-6))


def _vote(
    one: str,
    other: str,
    found: list[tuple[np.ndarray, str]],
    ours: Mapping[str, Landmarks],
    theirs: Mapping[str, Landmarks],
) -> Match:
    """The time shift at which most landmarks of `one` match, and how many there could."""
    table = np.concatenate([rows for rows, _ in found])
    names = np.concatenate([np.full(len(rows), k) for k, (rows, _) in enumerate(found)])
    shifts = table[:, 1] - table[:, 0]
    order = np.argsort(shifts)
    ends = np.searchsorted(shifts[order], shifts[order] + SLACK_S, "right")
    start = int(np.argmax(ends - np.arange(len(order))))
    best = order[start : ends[start]]
    shift = float(np.median(shifts[best]))
    times = table[best, 0]
    a, b = _extent(ours), _extent(theirs)
    low = max(min(a[0], times.min()), b[0] - shift)
    high = min(max(a[1], times.max()), b[1] - shift)
    streams = {}
    for k, (_, name) in enumerate(found):
        own = ours[name].times_s
        there = int(((own >= low - SLACK_S / 2) & (own <= high + SLACK_S / 2)).sum())
        streams[name] = (there, len(np.unique(table[best[names[best] == k], 0])))
    correlation = float(np.median(table[best, 2]))
    return Match(one, other, shift, float(high - low), streams, float(np.ptp(times)), correlation)


def _only(found: Mapping[str, Landmarks], streams: tuple[str, ...]) -> dict[str, Landmarks]:
    return {name: one for name, one in found.items() if name in streams}


def _extent(streams: Mapping[str, Landmarks]) -> tuple[float, float]:
    """Seconds of the first and last landmark of any stream."""
    times = [one.times_s for one in streams.values()]
    return min(float(t[0]) for t in times), max(float(t[-1]) for t in times)
