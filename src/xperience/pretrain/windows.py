"""Windows inside long recordings, counted without listing them.

The k-th window follows from a running total over recordings: memory grows by 8 bytes a recording, whatever the number
of windows, and the totals can lie in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xperience.errors import UsageError


@dataclass(frozen=True)
class WindowIndex:
    """All windows of some recordings.

    Attributes:
        episodes: [E] places of the recordings. totals: [E + 1] windows before each, and of all.
        frames, stride, future: of a window, from one to the next, and needed behind it.
    """

    episodes: np.ndarray
    totals: np.ndarray
    frames: int
    stride: int
    future: int

    @classmethod
    def of(
        cls,
        lengths: np.ndarray,
        episodes: np.ndarray,
        frames: int,
        stride: int,
        future: int = 0,
        file: Path | None = None,
    ) -> WindowIndex:
        """Every window of `frames` frames with `future` frames behind it, starting each `stride` frames.

        Args:
            lengths: [all] frames of recordings. episodes: [E] places of those that count.
            file: where the totals are kept and mapped from, instead of memory.

        Raises:
            UsageError: sizes that make no windows.
        """
        if frames < 1 or stride < 1 or future < 0:
            raise UsageError(
                "a window needs at least one frame and stride", field="frames", found=(frames, stride, future)
            )
        room = np.asarray(lengths)[episodes].astype(np.int64) - frames - future
        counts = np.where(room >= 0, room // stride + 1, 0)
        totals = np.concatenate([[0], np.cumsum(counts)])
        if file is not None:
            from xperience.storage import write_npy

            write_npy(file, totals)
            totals = np.load(file, mmap_mode="r", allow_pickle=False)
        return cls(np.asarray(episodes), totals, frames, stride, future)

    def __len__(self) -> int:
        return int(self.totals[-1])

    def locate(self, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Place of the recording [B] and start frame [B] of windows [B]."""
        window = np.asarray(window, np.int64)
        assert ((window >= 0) & (window < len(self))).all(), "no such window"
        row = np.searchsorted(self.totals, window, side="right") - 1
        return self.episodes[row], (window - self.totals[row]) * self.stride
