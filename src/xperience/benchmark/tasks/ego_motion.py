"""Short-horizon ego-motion: where will the camera be a second from now?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.task import ALL, Task

AHEAD = 20
"""Frames from the window's last frame to the one that is asked for."""


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """The camera's displacement in world metres from the window's last frame; usable where the pose is known."""
    if recording.camera is None:
        raise NotMeasurable("target absent: the recording has no camera pose")
    require(recording, ALL, "input")
    camera, end = recording.camera, recording.windows.end_frame
    window = np.flatnonzero(end + AHEAD < len(camera))
    if not len(window):
        raise NotMeasurable(f"target absent: no window has {AHEAD} frames after it")
    end = end[window]
    known = np.isfinite(camera).all(axis=1)
    usable = known[end] & known[end + AHEAD]
    if not usable.any():
        raise NotMeasurable("target absent: the pose is never known through a window's end and a second more")

    def target(rows: Rows) -> np.ndarray:
        return (camera[end[rows] + AHEAD] - camera[end[rows]]).astype(np.float32)

    def guesses(rows: Rows) -> dict[str, np.ndarray]:
        before = np.maximum(end[rows] - 1, 0)
        step = np.where(known[before][:, None], camera[end[rows]] - camera[before], 0)
        return {"constant position": np.zeros((len(rows), 3)), "constant velocity": AHEAD * step}

    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=end + AHEAD,
        inputs=gatherer(recording, ALL, window),
        target=target,
        block_starts=recording.starts(ALL),
        usable=usable,
        guesses=guesses,
    )


TASK = Task(
    id="ego_motion",
    name="Short-horizon ego-motion",
    question="Where will the camera be a second from now?",
    input="all blocks of one window of 20 frames",
    output="the camera's displacement 20 frames after the window's end, world metres",
    blocks=ALL,
    kind="vectors",
    metric="mae",
    unit="m",
    higher_is_better=False,
    samples=samples,
    extension=True,
)
