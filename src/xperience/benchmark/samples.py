"""Samples of a task: inputs and targets of one recording, and their pool over recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from xperience.benchmark.recording import Recording

CHUNK = 1024
"""Test samples whose inputs are in memory at once."""

Rows = np.ndarray
Target = np.ndarray
"""[n] object array of labels or of name tuples, [n] int of 0 and 1, or [n, K] float vectors."""


class NotMeasurable(Exception):
    """A task cannot be asked of a recording, or of a run; the message is the reason, for readers."""


@dataclass(frozen=True)
class Samples:
    """Samples of one task from one recording, in time order. S samples.

    Attributes:
        window: [S] index of the (first) window.
        first, last: [S] first and last frame that input or target look at.
        inputs: rows [n] to [n, D] float32; NaN in the columns of blocks that the recording lacks.
        target: rows [n] to their targets.
        block_starts: first column of each input block.
        usable: [S] bool; False where the target was not recorded. Taken into account after the split, so that the
            split is that of the published suite.
        guesses: rows [n] to predictions of trivial methods that look at the recording, by name.
    """

    window: np.ndarray
    first: np.ndarray
    last: np.ndarray
    inputs: Callable[[Rows], np.ndarray]
    target: Callable[[Rows], Target]
    block_starts: np.ndarray
    usable: np.ndarray | None = None
    guesses: Callable[[Rows], Mapping[str, Target]] | None = None

    def __len__(self) -> int:
        return len(self.window)


@dataclass(frozen=True)
class Part:
    """Chosen rows of one recording's samples."""

    recording: Recording
    samples: Samples
    rows: Rows


@dataclass
class Pool:
    """The samples of one side of a split, over recordings.

    n samples in all, recording after recording, in time order within each.
    """

    parts: list[Part]
    thinned_from: int = 0
    """Samples before thinning, 0 where none were left out."""

    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(len(part.rows) for part in self.parts)

    @property
    def recordings(self) -> list[Recording]:
        return [part.recording for part in self.parts]

    @property
    def episode(self) -> np.ndarray:
        """[n] place of the sample's recording in `recordings`."""
        return np.repeat(np.arange(len(self.parts)), [len(part.rows) for part in self.parts])

    def gather(self, values: Callable[[Part], np.ndarray]) -> np.ndarray:
        return np.concatenate([values(part) for part in self.parts]) if self.parts else np.zeros(0)

    @property
    def window(self) -> np.ndarray:
        return self.gather(lambda part: part.samples.window[part.rows])

    @property
    def first(self) -> np.ndarray:
        return self.gather(lambda part: part.samples.first[part.rows])

    @property
    def last(self) -> np.ndarray:
        return self.gather(lambda part: part.samples.last[part.rows])

    def frames(self, column: str) -> np.ndarray:
        """[n] start_frame, end_frame or center_frame of the sample's window."""
        return self.gather(lambda p: getattr(p.recording.windows, column)[p.samples.window[p.rows]])

    @property
    def target(self) -> Target:
        return self.gather(lambda part: part.samples.target(part.rows))

    def inputs(self) -> np.ndarray:
        """[n, D] of all samples."""
        return self.gather(lambda part: part.samples.inputs(part.rows))

    def chunks(self) -> Iterator[np.ndarray]:
        """The inputs in order, `CHUNK` samples at a time, less in the last chunk."""
        waiting: list[np.ndarray] = []
        size = 0
        for part in self.parts:
            start = 0
            while start < len(part.rows):
                rows = part.rows[start : start + CHUNK - size]
                waiting.append(part.samples.inputs(rows))
                start, size = start + len(rows), size + len(rows)
                if size == CHUNK:
                    yield np.concatenate(waiting)
                    waiting, size = [], 0
        if waiting:
            yield np.concatenate(waiting)

    def guesses(self) -> dict[str, Target]:
        """Predictions [n] of the trivial methods that look at the recording."""
        found = [part.samples.guesses(part.rows) for part in self.parts if part.samples.guesses is not None]
        names = list(found[0]) if found and len(found) == len(self.parts) else []
        return {name: np.concatenate([guess[name] for guess in found]) for name in names}


def thin(pool: Pool, most: int) -> Pool:
    """At most about `most` samples, evenly spaced in each recording."""
    total = len(pool)
    if total <= most:
        return pool
    keep = most / total
    parts = []
    for part in pool.parts:
        count = max(1, round(len(part.rows) * keep))
        places = np.linspace(0, len(part.rows) - 1, count).round().astype(int)
        parts.append(Part(part.recording, part.samples, part.rows[places]))
    return Pool(parts, thinned_from=total, notes=pool.notes)


def gatherer(recording: Recording, blocks: Sequence[str], window: np.ndarray) -> Callable[[Rows], np.ndarray]:
    """Inputs of samples whose blocks stand in `window` [S]."""
    return lambda rows: recording.take(blocks, window[rows])


def require(recording: Recording, blocks: Sequence[str], what: str) -> None:
    """Refuses a recording that has none of the blocks."""
    if not any(recording.present[name] for name in blocks):
        raise NotMeasurable(f"{what} absent: none of {', '.join(blocks)} is in the recording")


def object_array(values: Sequence[object] | np.ndarray) -> np.ndarray:
    """[n] object array, also of tuples."""
    array = np.empty(len(values), object)
    array[:] = list(values)
    return array
