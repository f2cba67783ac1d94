"""The body is not tracked (NaN) for a while."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def drop(joints: np.ndarray) -> np.ndarray:
        joints[request.start : request.stop] = np.nan
        return joints

    editor.change("full_body_mocap/keypoints", drop)


FAULT = Fault(
    name="body_missing",
    what="The body is not tracked (NaN) for a while.",
    modalities=("body",),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
