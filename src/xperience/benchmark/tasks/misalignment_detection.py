"""Synchronisation detection: do motion and pictures belong to the same moment?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import MOTION, VISION, Task

SHIFT_WINDOWS = 8
AUDIO = tuple(name for name in MOTION if name.startswith("audio_"))
MOVING = tuple(name for name in MOTION if name not in AUDIO)
SENSED = (*VISION, *AUDIO)
"""Visual and audio side, which is the one that is shifted."""


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Two samples for each window: its own visual and audio side (1), or that of 8 windows later (0)."""
    require(recording, MOVING, "motion side")
    require(recording, SENSED, "visual and audio side")
    pairs = len(recording.windows) - SHIFT_WINDOWS
    if pairs < 1:
        raise NotMeasurable(f"fewer than {SHIFT_WINDOWS + 1} windows: no shifted pair")
    window = np.repeat(np.arange(pairs), 2)
    shift = np.tile([0, SHIFT_WINDOWS], pairs)
    motion, sensed = gatherer(recording, MOVING, window), gatherer(recording, SENSED, window + shift)

    def inputs(rows: Rows) -> np.ndarray:
        pair = recording.relation(MOVING, window[rows], SENSED, window[rows] + shift[rows])
        return np.concatenate([motion(rows), sensed(rows), pair], axis=1)

    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=recording.windows.end_frame[window + shift],
        inputs=inputs,
        target=lambda rows: (shift[rows] == 0).astype(int),
        block_starts=np.concatenate(
            [recording.starts(MOVING), recording.starts(SENSED) + motion(np.arange(1)).shape[1]]
        ),
    )


TASK = Task(
    id="misalignment_detection",
    name="Synchronisation detection",
    question="Do the motion and the pictures belong to the same moment?",
    input="motion blocks of one window beside depth, video and audio of the same or a later one",
    output="aligned or 8 windows apart",
    blocks=(*MOVING, *SENSED),
    kind="pairs",
    metric="f1",
    samples=samples,
    published=Published(0.5052, 0.7153),
)
