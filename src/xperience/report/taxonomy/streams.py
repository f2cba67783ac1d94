"""Which streams episodes lack, as patterns: episodes that lack the same streams are one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xperience.episode.cameras import VIEWS
from xperience.episode.episode import MODALITIES

if TYPE_CHECKING:
    from xperience.corpus.row import EpisodeRow


@dataclass(frozen=True)
class Pattern:
    """Episodes alike.

    Attributes:
        states: "p" present, "m" missing, "u" unknown; a letter for each stream.
        episodes: how many.
        missing: names of what is missing.
    """

    states: str
    episodes: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Streams:
    """All patterns, most frequent first; `of_row` is the pattern of each episode."""

    names: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    of_row: tuple[int, ...]

    def counts(self, state: str) -> list[int]:
        """Episodes in which each stream has this state."""
        return [sum(p.episodes for p in self.patterns if p.states[k] == state) for k in range(len(self.names))]


def streams(rows: Sequence[EpisodeRow]) -> Streams:
    """Patterns over all streams that any episode names, known ones first.

    Of an episode that is only listed, file names are known: its views count as present where they have a file.
    """
    states = [(set(row.missing) | set(row.missing_views), {*row.present, *_listed(row)}) for row in rows]
    named = {name for missing, present in states for name in missing | present}
    names = tuple(n for n in MODALITIES if n in named) + tuple(sorted(named - set(MODALITIES)))
    found = []
    for missing, present in states:
        found.append("".join("m" if n in missing else "p" if n in present else "u" for n in names))
    counted = sorted(Counter(found).items(), key=lambda item: (-item[1], item[0]))
    place = {states: k for k, (states, _) in enumerate(counted)}
    return Streams(
        names,
        tuple(
            Pattern(states, n, tuple(name for name, s in zip(names, states, strict=True) if s == "m"))
            for states, n in counted
        ),
        tuple(place[states] for states in found),
    )


def _listed(row: EpisodeRow) -> tuple[str, ...]:
    return VIEWS if row.complete is not None else ()
