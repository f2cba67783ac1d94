"""The frame clock jumps ahead: frames were lost, or the recorder paused."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_clock


def apply(editor: Editor, request: Request) -> None:
    later = np.int64(round(request.magnitude * 1e9))
    middle = (request.start + request.stop) // 2

    def jump(stamps: np.ndarray) -> np.ndarray:
        stamps[middle:] += later
        return stamps

    change_clock(editor, jump)


FAULT = Fault(
    name="clock_gap",
    what="The frame clock jumps ahead: frames were lost, or the recorder paused.",
    modalities=("clock",),
    magnitude=Magnitude("s", 0.002, 0.3, 3.0),
    apply=apply,
    local=True,
)
