"""What a feature block is: a function from an open recording and its windows to one part of the vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from xperience.episode import Episode
from xperience.episode.layout import BY_PATH
from xperience.episode.presence import Problem
from xperience.prepare import contract
from xperience.prepare.statistics import valid_share, window_statistics

Tick = Callable[[int], None]
"""Called with the number of frames just worked through."""


@dataclass(frozen=True)
class Windows:
    """Frame ranges that a block is computed over.

    Attributes:
        starts: [W] first frames.
        length: frames of a window.
        num_frames: frames of the recording.
    """

    starts: np.ndarray
    length: int
    num_frames: int

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class BlockValues:
    """One block over all windows.

    Attributes:
        values: [W, size] float32; zeros where a window has no data.
        share: [W] float32, share of the window's frames that have valid data; 0 throughout where absent.
        present: whether the recording has any valid data for this block.
        reason: why it is absent, or what is wrong with it, for people.
        problems: what was found wrong on the way.
    """

    values: np.ndarray
    share: np.ndarray
    present: bool
    reason: str = ""
    problems: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True)
class Block:
    """One block of the contract.

    Attributes:
        name: its name in the contract.
        extract: computes it; may raise FormatError or CorruptError where the stream cannot be read.
        cost: rough time against the other blocks; long ones are started first.
    """

    name: str
    extract: Callable[[Episode, Windows, Tick], BlockValues]
    cost: int = 0


def absent(name: str, windows: Windows, reason: str, problems: tuple[Problem, ...] = ()) -> BlockValues:
    """The block of a recording that has no data for it: zeros, marked."""
    zeros = np.zeros((len(windows), contract.BY_NAME[name].size), np.float32)
    return BlockValues(zeros, np.zeros(len(windows), np.float32), False, reason, problems)


def from_frames(
    name: str,
    windows: Windows,
    values: np.ndarray,
    valid: np.ndarray,
    reason: str = "",
    problems: tuple[Problem, ...] = (),
) -> BlockValues:
    """Window statistics of per-frame values [n, ...] with validity [n]; n may be less than the recording's frames."""
    if not valid[: windows.num_frames].any():
        return absent(name, windows, reason or "no valid sample", problems)
    flat = values.reshape(len(values), contract.BY_NAME[name].channels)
    return BlockValues(
        window_statistics(flat, windows.starts, windows.length),
        valid_share(valid, windows.starts, windows.length),
        True,
        reason,
        problems,
    )


def stored_frames(episode: Episode, *paths: str) -> int:
    """Frames that per-frame datasets hold, the shortest of them: `Episode` fills up what is missing at the end.

    The published statistics are taken over the frames that are there, not over a filling.
    """
    lengths = [episode.num_frames]
    for path in paths:
        dataset = episode.file.dataset(path)
        pattern = BY_PATH[path].shapes[0]
        if dataset is not None and dataset.ndim >= len(pattern):
            lengths.append(int(dataset.shape[dataset.ndim - len(pattern)]))
    return min(lengths)


def static(name: str, windows: Windows, vector: np.ndarray, share: float = 1.0) -> BlockValues:
    """The same vector [size] for every window."""
    values = np.repeat(np.asarray(vector, np.float32)[None], len(windows), axis=0)
    return BlockValues(values, np.full(len(windows), share, np.float32), True)
