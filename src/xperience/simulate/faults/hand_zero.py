"""A hand is stored as zeros where it is not tracked."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import joints_of


def apply(editor: Editor, request: Request) -> None:
    def clear(joints: np.ndarray) -> np.ndarray:
        joints[request.start : request.stop] = 0
        return joints

    editor.change(joints_of(request.modality), clear)


FAULT = Fault(
    name="hand_zero",
    what="A hand is stored as zeros where it is not tracked.",
    modalities=("hand_left", "hand_right"),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
