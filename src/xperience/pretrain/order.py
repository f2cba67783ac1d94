"""The order of training samples: the k-th sample is a pure function of (seed, recipe, k).

World size, workers, restarts and prefetching never enter, so the loader's whole state is one integer. Memory does
not grow with the corpus: nothing is shuffled in place.

*Which source.* With weights, samples come in cycles of 65,536. Position p of a cycle looks at the point
bitreverse(p) / 65,536 (van der Corput's sequence), and the source whose share of the unit interval holds that point
is taken. Every stretch of the sequence then has nearly its exact shares, and how often a source was taken before k
follows from one table. Without weights all sources are one.

*Which window.* Within a source, the j-th use is position j mod n of epoch j // n, sent through a pseudo-random
permutation of 0..n-1: a Feistel network on the next even power of two, walked until it falls inside (Black and
Rogaway 2002, "Ciphers with Arbitrary Finite Domains").
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xperience.errors import UsageError

CYCLE_BITS = 16
CYCLE = 1 << CYCLE_BITS
ROUNDS = 6
"""Feistel rounds; four already pass chi-square tests of pair statistics at small sizes, two more cost little."""


@dataclass(frozen=True)
class Source:
    """One part of a mixture: a dataset seen through windows of one length.

    Attributes:
        name: unique in the mixture.
        windows: how many windows it has.
        weight: share of samples relative to the other sources; None in a mixture without weights.
    """

    name: str
    windows: int
    weight: float | None = None


@dataclass(frozen=True)
class Samples:
    """Samples number k: [B] arrays.

    Attributes:
        source: index into the order's sources. window: index into that source's windows. epoch: of that source.
        mask_seed: uint64, for everything random about the sample.
    """

    k: np.ndarray
    source: np.ndarray
    window: np.ndarray
    epoch: np.ndarray
    mask_seed: np.ndarray


class Order:
    """The sequence of samples of one training run.

    Args:
        seed: of the run.
        recipe: identity of data and settings; another recipe gives another order.
        sources: the mixture; all with weights or all without.

    Raises:
        UsageError: no windows, weights given for some sources only, or weights that are not positive numbers.
    """

    def __init__(self, seed: int, recipe: str, sources: list[Source]) -> None:
        if not sources or any(source.windows < 1 for source in sources):
            empty = [source.name for source in sources if source.windows < 1]
            raise UsageError("a source without windows cannot be sampled", field="sources", found=empty or "no sources")
        weighted = [source.weight is not None for source in sources]
        if any(weighted) and not all(weighted):
            raise UsageError("give every source a weight, or none", field="weight")
        self.seed = seed
        self.recipe = recipe
        self.sources = tuple(sources)
        self.weighted = all(weighted)
        if self.weighted:
            self._counts = _quotas(np.array([source.weight for source in sources], np.float64))

    @property
    def epoch(self) -> int:
        """Samples until every window was taken once, in a mixture without weights."""
        return sum(source.windows for source in self.sources)

    def samples(self, k: np.ndarray) -> Samples:
        """Samples number k [B]; any numbers, in any order, at the same cost."""
        k = np.asarray(k, np.int64)
        assert (k >= 0).all(), "samples are counted from 0"
        sizes = np.array([source.windows for source in self.sources], np.int64)
        if self.weighted:
            place = k & (CYCLE - 1)
            source = self._table[0][place]
            use = (k >> CYCLE_BITS) * self._counts[source] + self._table[1][place]
            size = sizes[source]
            epoch, position = use // size, use % size
            window = permute(position, size, self._keys(source, epoch))
        else:
            ends = np.cumsum(sizes)
            total = np.full(k.shape, ends[-1])
            epoch, position = k // total, k % total
            flat = permute(position, total, self._keys(np.zeros_like(k), epoch))
            source = np.searchsorted(ends, flat, side="right")
            window = flat - (ends - sizes)[source]
        return Samples(k, source, window, epoch, self.mask_seeds(k))

    def mask_seeds(self, k: np.ndarray) -> np.ndarray:
        """[B] uint64, the seed of all that is random about samples k [B]."""
        return _mix(np.asarray(k).astype(np.uint64) ^ self._salt("mask"))

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        """For each position of a cycle: its source, and how often that source came before it in the cycle."""
        positions = np.arange(CYCLE, dtype=np.uint32)
        reversed_bits = np.zeros_like(positions)
        for bit in range(CYCLE_BITS):
            reversed_bits |= ((positions >> bit) & 1) << (CYCLE_BITS - 1 - bit)
        source = np.searchsorted(np.cumsum(self._counts), reversed_bits, side="right")
        rank = np.zeros(CYCLE, np.int64)
        for i in range(len(self.sources)):
            mine = source == i
            rank[mine] = np.arange(mine.sum())
        return source, rank

    def _keys(self, source: np.ndarray, epoch: np.ndarray) -> np.ndarray:
        """[B] uint64 keys of the permutations."""
        return _mix(_mix(epoch.astype(np.uint64) ^ self._salt("window")) ^ source.astype(np.uint64))

    def _salt(self, use: str) -> np.uint64:
        text = f"{self.seed}\0{self.recipe}\0{use}".encode()
        return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def permute(position: np.ndarray, size: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Where a keyed permutation of 0..size-1 sends each position; all [B], each entry with its own size and key."""
    bits = np.maximum(1, np.ceil(np.log2(np.maximum(size, 2).astype(np.float64)) / 2)).astype(np.uint64)
    bits += ((np.uint64(1) << (bits + bits)) < size.astype(np.uint64)).astype(np.uint64)  # log2 of huge sizes rounds
    value = position.astype(np.uint64)
    outside = np.ones(value.shape, bool)
    while outside.any():
        value[outside] = _feistel(value[outside], bits[outside], key[outside])
        outside = value >= size.astype(np.uint64)
    return value.astype(np.int64)


def _feistel(value: np.ndarray, bits: np.ndarray, key: np.ndarray) -> np.ndarray:
    mask = (np.uint64(1) << bits) - np.uint64(1)
    left, right = value >> bits, value & mask
    for turn in range(ROUNDS):
        left, right = right, left ^ (_mix(right ^ _mix(key + np.uint64(turn))) & mask)
    return (left << bits) | right


def _mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): a bijection of 64-bit words that scrambles well."""
    with np.errstate(over="ignore"):
        x = np.asarray(x, np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def _quotas(weights: np.ndarray) -> np.ndarray:
    """Samples of each source in one cycle: weights to whole numbers by largest remainder, at least one each."""
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise UsageError("weights must be positive numbers", field="weight", found=weights.tolist())
    if len(weights) > CYCLE // 4:
        raise UsageError("too many sources", field="sources", found=len(weights), expected=f"at most {CYCLE // 4}")
    exact = np.maximum(weights / weights.sum() * CYCLE, 1.0)
    exact *= CYCLE / exact.sum()
    counts = np.maximum(np.floor(exact), 1).astype(np.int64)
    order = np.argsort(exact - counts)
    missing = CYCLE - int(counts.sum())
    if missing >= 0:
        counts[order[::-1][:missing]] += 1
    else:  # the floor of one each gave too many: the largest sources pay
        counts[np.argsort(counts)[missing:]] -= 1
    assert counts.sum() == CYCLE and (counts > 0).all()
    return counts
