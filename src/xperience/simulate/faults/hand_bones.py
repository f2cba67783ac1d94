"""A hand's bones change their length from frame to frame."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import joints_of


def apply(editor: Editor, request: Request) -> None:
    def stretch(joints: np.ndarray) -> np.ndarray:
        part = joints[request.start : request.stop]
        factor = 1 + request.magnitude * request.rng.uniform(-1, 1, (len(part), 1, 1))
        joints[request.start : request.stop] = part[:, :1] + (part - part[:, :1]) * factor
        return joints

    editor.change(joints_of(request.modality), stretch)


FAULT = Fault(
    name="hand_bones",
    what="A hand's bones change their length from frame to frame.",
    modalities=("hand_left", "hand_right"),
    magnitude=Magnitude("share of length", 0.002, 0.15, 0.6),
    apply=apply,
    local=True,
)
