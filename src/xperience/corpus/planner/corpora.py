"""What is planned for: how many episodes, how long, how large.

Figures of the hosted corpus: listing of ropedia-ai/xperience-10m at revision ce943cf2, counted 2026-06-03. Figures of
the full design: the dataset card.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import FormatError, UsageError

if TYPE_CHECKING:
    from xperience.corpus.row import EpisodeRow

ANNOTATION_BYTES_PER_FRAME = 331_788
"""Of annotation.hdf5; almost all of it is depth and its confidence."""

HOSTED_EPISODES = 12_103
HOSTED_ANNOTATION_BYTES = 1_830_083_732
"""Mean of annotation.hdf5 over the hosted episodes."""


@dataclass(frozen=True)
class Corpus:
    """Recordings to plan for, all of them together.

    Attributes:
        episodes: how many.
        bytes: hosted, with everything.
        training_bytes: what is fetched: without visualization.rrd, which training never reads.
        seconds: recorded.
        source: where these come from.
        largest_bytes: of one episode; None where unknown.
        notes: what was filled in.
    """

    episodes: int
    bytes: float
    training_bytes: float
    seconds: float
    source: str
    largest_bytes: float | None = None
    notes: tuple[str, ...] = ()

    def scaled(self, episodes: int) -> Corpus:
        """This many episodes of the mean size and length."""
        share = episodes / self.episodes
        notes = self.notes
        if episodes > self.episodes:
            notes += (f"{episodes:,} is more than the {self.episodes:,} there are: planned at their mean",)
        return replace(
            self,
            episodes=episodes,
            bytes=self.bytes * share,
            training_bytes=self.training_bytes * share,
            seconds=self.seconds * share,
            notes=notes,
        )


HOSTED = Corpus(
    episodes=HOSTED_EPISODES,
    bytes=28_057_584_187_079,
    training_bytes=27_083_292_060_675,
    seconds=HOSTED_EPISODES * HOSTED_ANNOTATION_BYTES / ANNOTATION_BYTES_PER_FRAME / NOMINAL_FPS,
    source="listing of the hosted corpus, 2026-06-03; length from annotation.hdf5 (mean 1,830,083,732 bytes) at "
    "331,788 bytes a frame and 20 frames a second",
    largest_bytes=5_108_045_286,
)

DESIGN = Corpus(
    episodes=round(10_000 * 3600 / (HOSTED.seconds / HOSTED.episodes)),
    bytes=1e15,
    training_bytes=1e15,
    seconds=10_000 * 3600,
    source="dataset card, full design: 10,000 h, about 1 PB; episodes of the hosted mean length",
)


def choose(episodes: str, catalogue: Path | None = None) -> Corpus:
    """The corpus that `--episodes` and `--catalog` name.

    Args:
        episodes: "all", "design" (the dataset card's full size), or a count.
        catalogue: its own sizes are used instead of the hosted corpus's.

    Raises:
        UsageError: neither a count nor a known word.
        FormatError: the catalogue has no episode whose size is known.
    """
    word = episodes.strip().lower().replace(",", "").replace("_", "")
    base = HOSTED if catalogue is None else from_catalogue(catalogue)
    if word == "all":
        return base
    if word == "design":
        if catalogue is not None:
            raise UsageError(
                "the full design has no catalogue", field="--episodes", found=episodes, expected="all or N"
            )
        return DESIGN
    if not (word.isascii() and word.isdecimal()) or not 1 <= int(word[:12]) <= 10**9 or len(word) > 10:
        raise UsageError(
            "cannot read a number of episodes",
            field="--episodes",
            found=episodes,
            expected="a count from 1, all (12,103 hosted), or design (10,000 h)",
        )
    return base.scaled(int(word))


def from_catalogue(folder: Path) -> Corpus:
    """Sums over a catalogue; what is unknown of an episode is filled in at the mean of the others, and said."""
    from xperience.corpus.catalogue import Catalogue

    return from_rows(Catalogue.open(folder).episodes(), folder)


def from_rows(rows: Sequence[EpisodeRow], folder: Path) -> Corpus:
    """The same from its rows."""
    sizes = [row.training_bytes if row.training_bytes is not None else row.bytes for row in rows]
    known = [float(size) for size in sizes if size is not None]
    if not known or sum(known) <= 0:
        raise FormatError(
            "a catalogue without sizes",
            file=folder,
            field="training_bytes",
            found=f"{len(rows)} episodes, none with a size",
            expected="at least one episode with bytes",
        )
    mean = sum(known) / len(known)
    notes = []
    if len(known) < len(rows):
        notes.append(f"{len(rows) - len(known):,} episodes of unknown size: planned at the mean of the others")
    lengths = [row.duration_s for row in rows if row.duration_s is not None and math.isfinite(row.duration_s)]
    missing = len(rows) - len(lengths)
    seconds = sum(lengths)
    if missing and lengths:
        seconds *= len(rows) / len(lengths)
        notes.append(f"{missing:,} episodes of unknown length: planned at the mean of the others")
    elif missing:
        seconds = mean * len(rows) * HOSTED.seconds / HOSTED.training_bytes
        notes.append("no episode's length is known: taken from bytes at the rate of the hosted corpus")
    total = [float(row.bytes) for row in rows if row.bytes is not None]
    return Corpus(
        episodes=len(rows),
        bytes=sum(total) / len(total) * len(rows) if total else mean * len(rows),
        training_bytes=mean * len(rows),
        seconds=seconds,
        source=f"catalogue {folder.name}",
        largest_bytes=max(known),
        notes=tuple(notes),
    )
