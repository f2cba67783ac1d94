"""The body's joints repeat."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def hold(joints: np.ndarray) -> np.ndarray:
        joints[request.start : request.stop] = joints[request.start]
        return joints

    editor.change("full_body_mocap/keypoints", hold)


FAULT = Fault(
    name="body_frozen",
    what="The body's joints repeat.",
    modalities=("body",),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
