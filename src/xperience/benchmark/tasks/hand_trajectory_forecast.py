"""Hand forecasting: where will both hands be in the next ten frames?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import ALL, Task

FORECAST_FRAMES = 10


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Windows with ten frames after them; usable where both hands are tracked in the last observed and all ten."""
    if recording.hands is None:
        raise NotMeasurable("target absent: the recording lacks one or both hands")
    require(recording, ALL, "input")
    hands, tracked = recording.hands, recording.tracked
    end = recording.windows.end_frame
    window = np.flatnonzero(end + FORECAST_FRAMES < len(hands))
    if not len(window):
        raise NotMeasurable(f"target absent: no window has {FORECAST_FRAMES} frames after it")
    end = end[window]
    ahead = np.arange(1, FORECAST_FRAMES + 1)
    usable = tracked[end] & tracked[end[:, None] + ahead].all(axis=1)
    if not usable.any():
        raise NotMeasurable("target absent: both hands are never tracked through a window's end and ten frames more")

    def target(rows: Rows) -> np.ndarray:
        return hands[end[rows, None] + ahead].reshape(len(rows), -1).astype(np.float32)

    def guesses(rows: Rows) -> dict[str, np.ndarray]:
        """Where the frame before the last is not tracked, no velocity is known: 0 then."""
        last, before = hands[end[rows]], hands[np.maximum(end[rows] - 1, 0)]
        step = np.where(tracked[np.maximum(end[rows] - 1, 0)][:, None, None, None], last - before, 0)
        still = np.repeat(last[:, None], FORECAST_FRAMES, axis=1)
        moving = still + ahead[None, :, None, None, None] * step[:, None]
        return {
            "constant position": still.reshape(len(rows), -1),
            "constant velocity": moving.reshape(len(rows), -1),
        }

    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=end + FORECAST_FRAMES,
        inputs=gatherer(recording, ALL, window),
        target=target,
        block_starts=recording.starts(ALL),
        usable=usable,
        guesses=guesses,
    )


TASK = Task(
    id="hand_trajectory_forecast",
    name="Hand forecasting",
    question="Where will both hands be in the next half second?",
    input="all blocks of one window of 20 frames",
    output="21 joints of both hands over the next 10 frames, relative to the body root",
    blocks=ALL,
    kind="vectors",
    metric="mpjpe",
    unit="m",
    higher_is_better=False,
    samples=samples,
    published=Published(0.8647, 0.1079),
)
