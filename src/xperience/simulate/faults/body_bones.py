"""The body's bones change their length from frame to frame."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def stretch(joints: np.ndarray) -> np.ndarray:
        part = joints[request.start : request.stop]
        factor = 1 + request.magnitude * request.rng.uniform(-1, 1, (len(part), 1, 1))
        joints[request.start : request.stop] = part[:, :1] + (part - part[:, :1]) * factor
        return joints

    editor.change("full_body_mocap/keypoints", stretch)


FAULT = Fault(
    name="body_bones",
    what="The body's bones change their length from frame to frame.",
    modalities=("body",),
    magnitude=Magnitude("share of length", 0.002, 0.15, 0.6),
    apply=apply,
    local=True,
)
