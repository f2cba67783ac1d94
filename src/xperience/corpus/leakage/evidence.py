"""What the kinds of leak look at, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from xperience.corpus.leakage.landmarks import Landmarks, landmarks
from xperience.corpus.row import EpisodeRow
from xperience.corpus.splits import PARTS, Split
from xperience.errors import MissingError, XperienceError, let_through
from xperience.progress import track


@dataclass(frozen=True)
class Leak:
    """Something that two parts of a split share.

    Attributes:
        kind: of leak. one, other: episode ids. parts: theirs. what: in words, with the numbers that show it.
    """

    kind: str
    one: str
    other: str
    parts: tuple[str, str]
    what: str


@dataclass
class Found:
    """What a kind says.

    Attributes:
        leaks: none where the split is clean. facts: figures, where the kind measures. looked, of: episodes that could
            be looked at, and all.
    """

    leaks: list[Leak] = field(default_factory=list)
    facts: dict[str, float | int | None] = field(default_factory=dict)
    looked: int = 0
    of: int = 0


@dataclass
class Evidence:
    """A split, the rows of its episodes by id (several where an id is taken twice), and landmarks by id."""

    split: Split
    rows: dict[str, list[EpisodeRow]]
    landmarks: dict[str, dict[str, Landmarks]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    @cached_property
    def part_of(self) -> dict[str, str]:
        return self.split.part_of()

    def row(self, id: str) -> EpisodeRow:
        return self.rows[id][0]

    def leak(self, kind: str, one: str, other: str, what: str) -> Leak:
        """Between two episodes; that of the earlier part stands first."""
        one, other = sorted((one, other), key=lambda id: (PARTS.index(self.part_of[id]), id))
        return Leak(kind, one, other, (self.part_of[one], self.part_of[other]), what)

    def pairs_of_parts(self) -> list[tuple[dict[str, dict[str, Landmarks]], dict[str, dict[str, Landmarks]]]]:
        """Landmarks of two sides: train and the rest, val and test."""
        by = {
            part: {id: self.landmarks[id] for id in ids if id in self.landmarks}
            for part, ids in self.split.parts.items()
        }
        return [(by["train"], by["val"] | by["test"]), (by["val"], by["test"])]


def collect(
    split: Split,
    rows: Sequence[EpisodeRow],
    *,
    folders: Mapping[str, Path] | None = None,
    cache: Path | None = None,
    show: bool = True,
) -> Evidence:
    """Evidence on a split whose episodes are all among the rows.

    Args:
        folders: recordings by id, whose pictures and motion are then looked at.
        cache: folder in which landmarks are kept.
    """
    wanted = split.part_of()
    evidence = Evidence(split, {})
    for row in rows:
        if row.episode_id in wanted:
            evidence.rows.setdefault(row.episode_id, []).append(row)
    if folders is not None:
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
        there = [(id, folders[id]) for id in sorted(wanted) if id in folders]
        for id, folder in track(there, "Taking landmarks", show=show):
            try:
                evidence.landmarks[id] = landmarks(folder, cache)
            except XperienceError as error:
                let_through(error)
                evidence.unreadable[id] = error.what
            except OSError as error:
                let_through(error)
                evidence.unreadable[id] = str(error.strerror)
    return evidence


def folders_of(rows: Sequence[EpisodeRow], root: Path | None) -> dict[str, Path]:
    """Folders of local recordings by id: <root>/<session>/<ep>, else where the catalogue found them.

    Raises:
        MissingError: there is a root, and none of the episodes is in it.
    """
    found: dict[str, Path] = {}
    for row in rows:
        session, _, name = row.episode_id.rpartition("__")
        place = root / session / name if root is not None else Path(row.location or "")
        if (root is not None or row.location) and place.is_dir():
            found[row.episode_id] = place
    if root is not None and not found:
        first = rows[0].episode_id.replace("__", "/") if rows else "<session>/<ep>"
        raise MissingError("none of the episodes is here", file=root, expected=root / first)
    return found
