"""Labels of every frame, by the rule that the published benchmark follows.

1. A time belongs to the frame whose timestamp is nearest. Text matches no timestamp: as an action's time it drops
   the action; as a segment's start or end it stands for the first or last frame that the segment's actions and
   samples reach.
2. Segments in file order; within one, actions by start. Each writes its label and the segment's sub-task on every
   frame from start to end, inclusive, also past the segment's end, over what stood there.
3. Then frames inside the segment that have no action yet take the latest-starting action of the segment that ended
   before them, else its first action; those without a sub-task take the segment's. Only segments count that have
   an action, object list or interaction on some frame.
4. Objects and interaction: a sample sets its nearest frame, even over an earlier segment's. From a sample whose
   time is a frame's timestamp exactly, the value is held over the later frames of the segment that have none.
5. At the end frames without action or sub-task take those of the frame before. Empty and "N/A" mean no label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xperience.episode.captions import Caption, Segment, TimeKey
from xperience.episode.clock import nearest
from xperience.errors import LimitError

NO_LABEL = ("", "N/A")

MAX_WRITES = 2_000_000_000
"""Most frames that all segments and actions of a caption may cover in sum; seconds of work."""

_UNSET, _EMPTY = -1, 0  # ids in the arrays below; the empty label is a label that was written


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

    def runs(self) -> list[tuple[int, int, str]]:
        """(first frame, frame after the last, action) of every stretch of one action, unlabelled ones included."""
        if not len(self):
            return []
        starts = [0, *(np.flatnonzero(self.action[1:] != self.action[:-1]) + 1).tolist()]
        return [(a, b, str(self.action[a])) for a, b in zip(starts, [*starts[1:], len(self)], strict=True)]


def frame_labels(caption: Caption | None, times_ns: np.ndarray) -> FrameLabels:
    """Labels of the frames at `times_ns` [N] int64, which need not be sorted.

    Raises:
        LimitError: the caption's segments overlap so often that writing them would take minutes.
    """
    times_ns = np.asarray(times_ns, np.int64)
    painter = _Painter(times_ns)
    if caption is not None and len(times_ns):
        frames, exact = nearest_frames(list(caption.times()), times_ns)
        at = 0
        for segment in caption.segments:
            count = 2 + 2 * len(segment.actions) + len(segment.objects) + len(segment.interaction)
            painter.segment(segment, frames[at : at + count], exact[at : at + count])
            at += count
    return painter.finish()


def nearest_frames(times: Sequence[TimeKey | None], times_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest frame of each caption time, and whether it is that frame's timestamp exactly.

    Returns:
        [K] frame, -1 where the time is no timestamp (the first frame of several equally near), and [K] bool.
    """
    known = np.array([isinstance(t, int) for t in times], bool)
    wanted = np.array([t if isinstance(t, int) else 0 for t in times], np.int64)
    frames = nearest(times_ns, wanted)
    return np.where(known, frames, -1), known & (times_ns[frames] == wanted)


class _Painter:
    """Frames as arrays of label ids, painted segment by segment."""

    def __init__(self, times_ns: np.ndarray) -> None:
        n = len(times_ns)
        self.action, self.subtask = np.full(n, _UNSET, np.int32), np.full(n, _UNSET, np.int32)
        self.objects, self.interaction = np.full(n, _UNSET, np.int32), np.full(n, _UNSET, np.int32)
        self.names: dict[str, int] = {"": _EMPTY}
        self.values: list[Any] = []
        self.writes = 0

    def segment(self, segment: Segment, frames: np.ndarray, exact: np.ndarray) -> None:
        """Paints one segment; `frames` and `exact` stand in the order of `Caption.times`."""
        split = np.cumsum([2, 2 * len(segment.actions), len(segment.objects)])
        (start, end), spans, at_objects, at_interaction = np.split(frames, split)
        _, _, exact_objects, exact_interaction = np.split(exact, split)
        subtask = self._id(segment.subtask)
        spans = spans.reshape(-1, 2)
        usable = (spans >= 0).all(axis=1)
        order = np.flatnonzero(usable)[np.argsort(spans[usable, 0], kind="stable")]
        spans = spans[order]
        labels = np.array([self._id(segment.actions[k].label) for k in order], np.int32)
        for (first, last), label in zip(spans.tolist(), labels, strict=True):
            self._spend(last - first)
            self.action[first : last + 1] = label
            self.subtask[first : last + 1] = subtask
        self._sample(self.objects, at_objects, [value for _, value in segment.objects])
        self._sample(self.interaction, at_interaction, [value for _, value in segment.interaction])

        covering = spans[spans[:, 0] <= spans[:, 1]].reshape(-1)
        reached = np.concatenate([covering, at_objects[at_objects >= 0], at_interaction[at_interaction >= 0]])
        if not len(reached):
            return
        first = int(start if start >= 0 else reached.min())
        last = int(end if end >= 0 else reached.max())
        self._spend(last - first)
        self._fill(first, last, spans[:, 1], labels, subtask)
        self._hold(self.objects, first, last, at_objects[exact_objects])
        self._hold(self.interaction, first, last, at_interaction[exact_interaction])

    def finish(self) -> FrameLabels:
        names = np.empty(len(self.names), object)
        names[:] = ["" if name.strip() in NO_LABEL else name for name in self.names]
        values = [*self.values, None]  # so that _UNSET = -1 finds None
        return FrameLabels(
            names[_from_before(self.action)],
            names[_from_before(self.subtask)],
            tuple(values[k] for k in self.objects.tolist()),
            tuple(values[k] for k in self.interaction.tolist()),
        )

    def _fill(self, first: int, last: int, ends: np.ndarray, labels: np.ndarray, subtask: int) -> None:
        """Rule 3; `ends` and `labels` are those of the segment's actions by start."""
        lacking = self.subtask[first : last + 1]
        lacking[lacking == _UNSET] = subtask
        if not len(labels):
            return
        frames = first + np.flatnonzero(self.action[first : last + 1] <= _EMPTY)
        by_end = np.argsort(ends, kind="stable")
        latest = np.maximum.accumulate(by_end)  # of the actions that have ended, the one that started last
        ended = np.searchsorted(ends[by_end], frames, side="left") - 1
        self.action[frames] = labels[np.where(ended >= 0, latest[ended], 0)]

    def _sample(self, target: np.ndarray, frames: np.ndarray, values: list[Any]) -> None:
        for frame, value in zip(frames.tolist(), values, strict=True):
            if frame >= 0:
                target[frame] = len(self.values)
                self.values.append(value)

    def _hold(self, target: np.ndarray, first: int, last: int, frames: np.ndarray) -> None:
        """Rule 4: values at `frames` are kept on over first..last where there are none."""
        if not len(frames):
            return
        frames = np.sort(frames)
        lacking = first + np.flatnonzero(target[first : last + 1] == _UNSET)
        source = np.searchsorted(frames, lacking, side="right") - 1
        lacking, source = lacking[source >= 0], source[source >= 0]
        target[lacking] = target[frames[source]]

    def _id(self, label: str) -> int:
        return self.names.setdefault(label, len(self.names))

    def _spend(self, frames: int) -> None:
        self.writes += max(0, frames) + 1
        if self.writes > MAX_WRITES:
            raise LimitError(
                "caption covers the recording too many times over",
                field="caption",
                found=f"over {MAX_WRITES} labelled frames in {len(self.action)}",
            )


def _from_before(ids: np.ndarray) -> np.ndarray:
    """Rule 5: unset ids take the last set one before them; leading ones become the empty label."""
    last = np.maximum.accumulate(np.where(ids != _UNSET, np.arange(len(ids)), -1))
    return np.where(last >= 0, ids[last], _EMPTY) if len(ids) else ids
