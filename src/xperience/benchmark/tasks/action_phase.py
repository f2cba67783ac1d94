"""Action phase: how much of the action is done?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.task import ALL, Task


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Windows whose centre has an action; the target is the centre's place in that run of equal labels, 0 to 1."""
    require(recording, ALL, "input")
    action = np.asarray(recording.labels.action, object)
    center = recording.windows.center_frame
    window = np.flatnonzero(action[center] != "")
    if not len(window):
        raise NotMeasurable("target absent: no window's centre has an action label")
    starts = np.flatnonzero(np.concatenate([[True], action[1:] != action[:-1]]))
    run = np.searchsorted(starts, center[window], side="right") - 1
    begin, end = starts[run], np.append(starts[1:], len(action))[run] - 1
    phase = ((center[window] - begin) / np.maximum(end - begin, 1)).astype(np.float32)[:, None]

    def target(rows: Rows) -> np.ndarray:
        return phase[rows]

    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=np.maximum(recording.windows.end_frame[window], end),
        inputs=gatherer(recording, ALL, window),
        target=target,
        block_starts=recording.starts(ALL),
    )


TASK = Task(
    id="action_phase",
    name="Action phase",
    question="How much of the action is done?",
    input="all blocks of one window of 20 frames",
    output="the centre's place in its run of equal action labels, 0 to 1",
    blocks=ALL,
    kind="vectors",
    metric="mae",
    higher_is_better=False,
    samples=samples,
    extension=True,
)
