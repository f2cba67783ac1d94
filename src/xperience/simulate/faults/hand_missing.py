"""A hand is not tracked (NaN) for a while."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import joints_of


def apply(editor: Editor, request: Request) -> None:
    def drop(joints: np.ndarray) -> np.ndarray:
        joints[request.start : request.stop] = np.nan
        return joints

    editor.change(joints_of(request.modality), drop)


FAULT = Fault(
    name="hand_missing",
    what="A hand is not tracked (NaN) for a while.",
    modalities=("hand_left", "hand_right"),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
