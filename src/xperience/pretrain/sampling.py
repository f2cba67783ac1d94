"""What a run trains on: sources with weights and window lengths, as one sequence of samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from xperience.errors import UsageError
from xperience.prepare.streams import STREAMS
from xperience.pretrain.order import Order, Source
from xperience.pretrain.windows import WindowIndex
from xperience.storage import digest

if TYPE_CHECKING:
    from xperience.prepare.shards.reader import Prepared


@dataclass(frozen=True)
class Mix:
    """One part of a mixture.

    Attributes:
        name: unique. data: index of the prepared folder. side: of its split.
        frames, stride, future: of its windows; `frames` and `future` at most those of the batch.
        weight: share of samples relative to the others; None in all where every window counts once an epoch.
        recordings: only the first so many of that side; None for all.
    """

    name: str = "train"
    data: int = 0
    side: str = "train"
    frames: int = 20
    stride: int = 5
    future: int = 20
    weight: float | None = None
    recordings: int | None = None


@dataclass(frozen=True)
class BatchRecipe:
    """What a batch holds.

    Attributes:
        frames, future: F and H of all its samples. streams: in the window. future_streams: also in the span behind it.
        every: stream to n: only each n-th frame of the recording is in the batch (as it was prepared, or thinner).
        language, calibration: whether text, and cameras with map points, are read at all.
        points: map points a sample. size: stream to (height, width), for pictures.
        group: so many windows of one recording, spread over it, stand side by side in the order: hard negatives.
    """

    frames: int = 20
    future: int = 20
    streams: tuple[str, ...] = tuple(STREAMS)
    future_streams: tuple[str, ...] = tuple(STREAMS)
    every: dict[str, int] = field(default_factory=dict)
    points: int = 64
    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    language: bool = True
    calibration: bool = True
    group: int = 1


class Sampler:
    """From sample numbers to windows.

    Attributes:
        order, indices: one index a source. clips: [E + 1] of each, running total of groups of windows by recording.

    Where a recording's windows are no multiple of the group, up to a group less one of them come twice in an epoch.

    Raises:
        UsageError: a source without windows, or one that is longer than the batch.
    """

    def __init__(self, seed: int, mixes: list[Mix], data: list[Prepared], recipe: BatchRecipe) -> None:
        for mix in mixes:
            if mix.frames > recipe.frames or mix.future > recipe.future:
                raise UsageError(
                    "a source's windows are longer than the batch's", field=mix.name, found=(mix.frames, mix.future),
                    expected=f"at most {(recipe.frames, recipe.future)}",
                )  # fmt: skip
        self.mixes = tuple(mixes)
        self.indices = [
            WindowIndex.of(data[m.data].frames, data[m.data].side(m.side)[: m.recordings], m.frames, m.stride, m.future)
            for m in mixes
        ]
        self.group = recipe.group
        self.clips = [
            np.concatenate([[0], np.cumsum(-(-np.diff(index.totals) // self.group))]) for index in self.indices
        ]
        grouped = f" by {self.group}" if self.group > 1 else ""
        identity = digest(*(item.identity for item in data), repr(self.mixes) + grouped)
        sources = [Source(m.name, int(clips[-1]), m.weight) for m, clips in zip(mixes, self.clips, strict=True)]
        self.order = Order(seed, identity, sources)
        self.identity = identity

    def __len__(self) -> int:
        """Windows of all sources."""
        return sum(len(index) for index in self.indices)

    def places(self, k: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Source, recording, start frame and mask seed, [B] each, of samples k [B]."""
        k = np.asarray(k, np.int64)
        samples = self.order.samples(k // self.group)
        episode, start = np.zeros(len(k), np.int64), np.zeros(len(k), np.int64)
        for source, index in enumerate(self.indices):
            mine = samples.source == source
            window = _members(index.totals, self.clips[source], samples.window[mine], k[mine] % self.group)
            episode[mine], start[mine] = index.locate(window)
        return samples.source, episode, start, self.order.mask_seeds(k)


def _members(totals: np.ndarray, clips: np.ndarray, clip: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Windows [B]: the `member`-th of clips [B]. A recording with C clips has every C-th window in one of them."""
    row = np.searchsorted(clips, clip, side="right") - 1
    count = totals[row + 1] - totals[row]
    found: np.ndarray = totals[row] + (clip - clips[row] + member * (clips[row + 1] - clips[row])) % count
    return found
