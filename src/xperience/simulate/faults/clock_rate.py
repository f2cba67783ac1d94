"""The frame clock runs at another rate than the sensors."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_clock


def apply(editor: Editor, request: Request) -> None:
    def stretch(stamps: np.ndarray) -> np.ndarray:
        return stamps[0] + np.round((stamps - stamps[0]) * (1 + request.magnitude * 1e-6)).astype(np.int64)

    change_clock(editor, stretch)


FAULT = Fault(
    name="clock_rate",
    what="The frame clock runs at another rate than the sensors.",
    modalities=("clock",),
    magnitude=Magnitude("ppm", 20, 30000, 200000),
    apply=apply,
)
