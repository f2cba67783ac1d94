"""Episodes counted by one property at a time, and how evenly they spread over its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xperience.corpus.row import EpisodeRow


@dataclass(frozen=True)
class Value:
    """One value of a facet.

    Attributes:
        label: as in the catalogue.
        index: of the label in the facet's list, for the page's filter.
        episodes: that have it.
        seconds: recorded in episodes that have it, of those whose length is known.
        by_group: episodes of each group that have it.
    """

    label: str
    index: int
    episodes: int
    seconds: float
    by_group: tuple[int, ...]


@dataclass(frozen=True)
class Facet:
    """One property of all episodes.

    Attributes:
        key, name: for the filter, and in words.
        values: most frequent first.
        of_row: indices of the values of each episode, in the order of the rows.
        known: episodes that have any value.
        seconds: recorded in those episodes, where the length is known.
    """

    key: str
    name: str
    values: tuple[Value, ...]
    of_row: tuple[tuple[int, ...], ...]
    known: int
    seconds: float

    @property
    def unknown(self) -> int:
        return len(self.of_row) - self.known

    @property
    def counts(self) -> np.ndarray:
        """[K] episodes of each value, most frequent first."""
        return np.array([value.episodes for value in self.values], np.float64)

    @property
    def effective(self) -> float:
        """exp of the Shannon entropy: as many equally frequent values would be as even (Hill number of order 1)."""
        if not self.values:
            return 0.0
        shares = self.counts / self.counts.sum()
        return float(np.exp(-(shares * np.log(shares)).sum()))

    @property
    def evenness(self) -> float | None:
        """Entropy over that of equal shares, 0..1 (Pielou 1966); None with fewer than two values."""
        return float(np.log(self.effective) / np.log(len(self.values))) if len(self.values) > 1 else None

    @property
    def largest(self) -> float:
        """Share of the known episodes that have the most frequent value."""
        return self.values[0].episodes / self.known if self.values else 0.0

    @property
    def once(self) -> int:
        """Values that only one episode has."""
        return sum(value.episodes == 1 for value in self.values)


READERS: dict[str, tuple[str, Callable[[EpisodeRow], Sequence[str | None]]]] = {
    "activity": ("Activity", lambda row: [row.activity]),
    "task": ("Main task", lambda row: [row.main_task]),
    "place": ("Place", lambda row: [row.place]),
    "object": ("Object", lambda row: row.objects),
    "verb": ("Verb", lambda row: row.verbs),
    "noun": ("Noun", lambda row: row.nouns),
    "action": ("Action label", lambda row: row.actions),
    "session": ("Session", lambda row: [row.session]),
    "source": ("Source", lambda row: [row.source]),
    "verdict": ("Quality verdict", lambda row: [row.verdict]),
}
"""Key: name, and the values of an episode; empty and missing texts are unknown."""


def count(key: str, rows: Sequence[EpisodeRow], groups: Sequence[int], num_groups: int) -> Facet:
    """Counts one facet.

    Args:
        key: of READERS.
        rows: all episodes.
        groups: group of each episode, 0 to num_groups - 1.
    """
    name, read = READERS[key]
    found = [tuple(dict.fromkeys(text.strip() for text in read(row) if text and text.strip())) for row in rows]
    labels = sorted({label for each in found for label in each})
    place = {label: k for k, label in enumerate(labels)}
    by_group = np.zeros((len(labels), num_groups), np.int64)
    seconds = np.zeros(len(labels))
    lengths = [row.duration_s if row.duration_s and 0 < row.duration_s < np.inf else 0.0 for row in rows]
    for each, group, length in zip(found, groups, lengths, strict=True):
        for label in each:
            by_group[place[label], group] += 1
            seconds[place[label]] += length
    total = by_group.sum(1)
    order = sorted(range(len(labels)), key=lambda k: (-total[k], labels[k]))
    rank = {k: position for position, k in enumerate(order)}
    return Facet(
        key,
        name,
        tuple(
            Value(labels[k], rank[k], int(total[k]), float(seconds[k]), tuple(int(n) for n in by_group[k]))
            for k in order
        ),
        tuple(tuple(sorted(rank[place[label]] for label in each)) for each in found),
        sum(bool(each) for each in found),
        float(sum(length for each, length in zip(found, lengths, strict=True) if each)),
    )


def cross(a: Facet, b: Facet, rows: int, columns: int) -> np.ndarray:
    """[rows, columns] episodes that have both the i-th value of a and the j-th of b, both most frequent first."""
    table = np.zeros((min(rows, len(a.values)), min(columns, len(b.values))), np.int64)
    for left, right in zip(a.of_row, b.of_row, strict=True):
        for i in left:
            for j in right:
                if i < table.shape[0] and j < table.shape[1]:
                    table[i, j] += 1
    return table
