"""Stamps of the frame clock are out of order."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_clock


def apply(editor: Editor, request: Request) -> None:
    def shuffle(stamps: np.ndarray) -> np.ndarray:
        for k in request.rng.integers(1, len(stamps), round(request.magnitude * len(stamps))):
            stamps[[k - 1, k]] = stamps[[k, k - 1]]
        return stamps

    change_clock(editor, shuffle)


FAULT = Fault(
    name="clock_unsorted",
    what="Stamps of the frame clock are out of order.",
    modalities=("clock",),
    magnitude=Magnitude("share of frames", 1e-9, 0.02, 0.3),
    apply=apply,
)
