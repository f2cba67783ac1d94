"""Motion intensity: do body and hands move much, judged without looking at them?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.task import Task, without

INPUT = without("hand_left_joints", "hand_right_joints", "body_joints", "body_contacts")


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Windows in which body or hands are tracked; the target is their mean speed, m/s."""
    if recording.motion is None or not np.isfinite(recording.motion).any():
        raise NotMeasurable("target absent: neither body nor hands are tracked")
    require(recording, INPUT, "input")
    frames = recording.windows.start_frame[:, None] + np.arange(recording.windows.frames)
    speed = recording.motion[np.minimum(frames, len(recording.motion) - 1)]
    known = np.isfinite(speed)
    mean = np.where(known, speed, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    window = np.arange(len(recording.windows))

    def target(rows: Rows) -> np.ndarray:
        return mean[rows]

    return Samples(
        window=window,
        first=recording.windows.start_frame,
        last=recording.windows.end_frame,
        inputs=gatherer(recording, INPUT, window),
        target=target,
        block_starts=recording.starts(INPUT),
        usable=known.any(axis=1),
    )


TASK = Task(
    id="motion_intensity",
    name="Motion intensity",
    question="Do body and hands move more than usual?",
    input="all blocks of one window but hands, body and contacts",
    output="high or low: whether their mean speed is above the median of the training windows",
    blocks=INPUT,
    kind="above_median",
    metric="macro_f1",
    samples=samples,
    extension=True,
)
