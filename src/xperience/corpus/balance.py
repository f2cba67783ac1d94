"""How evenly episodes stand for activities, objects, places, sessions and modalities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xperience.corpus.row import EpisodeRow
from xperience.corpus.splits import facet

FACETS = ("activity", "object", "place", "session", "modality", "size")

SIZE_BANDS = 5
"""Episodes of like bytes form a band: what a bare listing knows of length."""


def facets(rows: Sequence[EpisodeRow]) -> list[dict[str, list[str]]]:
    """Values of every facet, episode by episode; none where the catalogue does not know."""
    costs = np.array([size(row) or 0 for row in rows], float)
    edges = np.quantile(costs[costs > 0], np.linspace(0, 1, SIZE_BANDS + 1)[1:-1]) if (costs > 0).any() else []
    bands = np.searchsorted(edges, costs, side="right")
    out = []
    for row, band, cost in zip(rows, bands, costs, strict=True):
        values = {name: sorted(set(facet(row, name))) for name in ("activity", "object", "place", "session")}
        values["modality"] = [*row.present, *(f"no {name}" for name in row.missing)]
        values["size"] = [f"band {band + 1}"] if cost else []
        out.append(values)
    return out


def size(row: EpisodeRow) -> int | None:
    """Bytes to fetch for training."""
    return row.training_bytes if row.training_bytes is not None else row.bytes


@dataclass(frozen=True)
class Balance:
    """Of one facet over chosen episodes.

    Attributes:
        values: distinct values among the chosen. coverage: their share of all values of the catalogue.
        evenness: entropy of the counts over the log of the number of values of the catalogue: 1 where all are chosen
            equally often (Pielou's evenness, against all that could be chosen).
        gini: of the counts over all values of the catalogue; 0 where equal.
        largest: share of the most frequent value.
    """

    values: int
    coverage: float
    evenness: float
    gini: float
    largest: float


def known_values(described: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """Distinct values by facet, in byte order."""
    found: dict[str, set[str]] = {name: set() for name in FACETS}
    for values in described:
        for name in FACETS:
            found[name].update(values[name])
    return {name: sorted(values) for name, values in found.items()}


def balance(chosen: Iterable[Mapping[str, Sequence[str]]], known: Mapping[str, Sequence[str]]) -> dict[str, Balance]:
    """By facet, against all values there are; facets of which nothing is known are left out."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for values in chosen:
        for name in FACETS:
            counts[name].update(values[name])
    return {
        name: _of(np.array([counts[name][value] for value in values], float))
        for name, values in known.items()
        if values
    }


def _of(counts: np.ndarray) -> Balance:
    total = counts.sum()
    if total == 0:
        return Balance(0, 0.0, 0.0, 1.0, 0.0)
    shares = counts[counts > 0] / total
    entropy = float(-(shares * np.log(shares)).sum())
    n = len(counts)
    ordered = np.sort(counts)
    gini = float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * total) - (n + 1) / n)
    evenness = entropy / np.log(n) if n > 1 else 1.0
    return Balance(int((counts > 0).sum()), float((counts > 0).mean()), float(evenness), gini, float(shares.max()))
