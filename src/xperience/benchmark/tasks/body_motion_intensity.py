"""Motion intensity as published: do the features of hands and body change much from one window to the next?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import Task, without

MOVING = ("hand_left_joints", "hand_right_joints", "body_joints")
INPUT = without(*MOVING, "body_contacts")


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Windows from the second on; the target is the distance of the features of `MOVING`, unscaled, from the window before."""
    absent = [name for name in MOVING if not recording.present[name]]
    if absent:
        raise NotMeasurable(f"target absent: {', '.join(absent)}")
    require(recording, INPUT, "input")
    window = np.arange(1, len(recording.windows))
    if not len(window):
        raise NotMeasurable("target absent: no window has one before it")
    columns = recording.columns(MOVING)

    def target(rows: Rows) -> np.ndarray:
        if not recording.features.shape[1]:
            raise NotMeasurable("target absent: contract features need the recordings themselves")
        now, before = (
            np.asarray(recording.features[w], np.float64)[:, columns] for w in (window[rows], window[rows] - 1)
        )
        return np.asarray(np.linalg.norm(now - before, axis=1))

    return Samples(
        window=window,
        first=recording.windows.start_frame[window - 1],
        last=recording.windows.end_frame[window],
        inputs=gatherer(recording, INPUT, window),
        target=target,
        block_starts=recording.starts(INPUT),
    )


TASK = Task(
    id="body_motion_intensity",
    name="Motion intensity, as published",
    question="Do the features of hands and body change more than usual?",
    input="all blocks of one window but hands, body and contacts",
    output="high or low: whether their distance from the window before is at or above the median of the training windows",
    blocks=INPUT,
    kind="from_median",
    metric="macro_f1",
    samples=samples,
    published=Published(0.766, 0.825),
    variant_of="motion_intensity",
    extension=True,
)
