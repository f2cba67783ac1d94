"""Ego-motion as published: how do the statistics of the camera's place change within a second?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import CAPTION, Task, without

TARGET = ("camera_translation",)
INPUT = without(*TARGET, *CAPTION)
LATER = 4
"""Windows, each five frames after the one before."""


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """The 21 numbers of `TARGET` four windows later, less those of the window.

    Each window's are relative to its own first frame: so it is a change of seven statistics, and no displacement.
    """
    if not recording.present[TARGET[0]]:
        raise NotMeasurable(f"target absent: {TARGET[0]}")
    require(recording, INPUT, "input")
    window = np.arange(len(recording.windows) - LATER)
    if not len(window):
        raise NotMeasurable(f"target absent: no window has {LATER} after it")
    columns = recording.columns(TARGET)

    def target(rows: Rows) -> np.ndarray:
        if not recording.features.shape[1]:
            raise NotMeasurable("target absent: contract features need the recordings themselves")
        now, later = (
            np.asarray(recording.features[w], np.float32)[:, columns] for w in (window[rows], window[rows] + LATER)
        )
        return np.asarray(later - now)

    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=recording.windows.end_frame[window + LATER],
        inputs=gatherer(recording, INPUT, window),
        target=target,
        block_starts=recording.starts(INPUT),
    )


TASK = Task(
    id="ego_motion_forecast",
    name="Ego-motion, as published",
    question="How do the statistics of the camera's place change within a second?",
    input="all blocks of one window but the camera's place and the caption",
    output="21 window statistics of the camera's place, four windows later less now",
    blocks=INPUT,
    kind="vectors",
    metric="mae",
    higher_is_better=False,
    samples=samples,
    published=Published(0.170, 0.083),
    variant_of="ego_motion",
    extension=True,
)
