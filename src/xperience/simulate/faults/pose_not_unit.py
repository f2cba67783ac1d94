"""Quaternions are not of unit length."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def lengthen(quat: np.ndarray) -> np.ndarray:
        quat[request.start : request.stop] *= 1 + request.magnitude
        return quat

    editor.change("slam/quat_wxyz", lengthen)


FAULT = Fault(
    name="pose_not_unit",
    what="Quaternions are not of unit length.",
    modalities=("pose",),
    magnitude=Magnitude("excess length", 1e-6, 0.02, 0.5),
    apply=apply,
    local=True,
)
