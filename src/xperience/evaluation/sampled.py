"""A bounded number of test windows, evenly spread, as batches: for questions that need passes of their own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.embedded import EmbeddedRecording
from xperience.evaluation.sections import Bench
from xperience.evaluation.viewer import AT_ONCE, Viewer
from xperience.prepare.batch import Batch


def sampled(bench: Bench, most: int, future: int = 0) -> Iterator[tuple[EmbeddedRecording, np.ndarray, Batch]]:
    """(recording, first frames [B], batch) of at most about `most` test windows that have `future` frames behind them.

    Raises:
        NotMeasurable: there is none.
    """
    recordings = bench.of("test")
    each = max(1, most // max(len(recordings), 1))
    found = 0
    for recording in recordings:
        starts = recording.windows.start_frame
        starts = starts[starts + recording.windows.frames + future <= recording.num_frames]
        for batch in batches(bench.viewer, recording.id, spread(starts, each)):
            found += batch.size
            yield recording, batch.start_frame, batch
    if not found:
        raise NotMeasurable("no test window is long enough")


def batches(viewer: Viewer, recording: str, starts: np.ndarray) -> Iterator[Batch]:
    for low in range(0, len(starts), AT_ONCE):
        yield viewer.batch(recording, starts[low : low + AT_ONCE])


def spread(values: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the values, evenly spaced."""
    if len(values) <= count:
        return values
    return values[np.linspace(0, len(values) - 1, count).round().astype(int)]
