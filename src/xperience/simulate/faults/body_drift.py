"""The body leaves the headset."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    aside = request.rng.normal(size=3)
    aside = request.magnitude * aside / np.linalg.norm(aside)

    def move(joints: np.ndarray) -> np.ndarray:
        joints[request.start : request.stop] += aside.astype(joints.dtype)
        return joints

    editor.change("full_body_mocap/keypoints", move)


FAULT = Fault(
    name="body_drift",
    what="The body leaves the headset.",
    modalities=("body",),
    magnitude=Magnitude("m", 0.005, 0.8, 5.0),
    apply=apply,
    local=True,
)
