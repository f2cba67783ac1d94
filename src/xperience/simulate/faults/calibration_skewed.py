"""The mounting of a camera is not a rotation."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    editor.change(
        "calibration/cam0/T_c_b", lambda T: T + request.magnitude * np.eye(4)[[1, 2, 0, 3]] * [[1], [1], [1], [0]]
    )


FAULT = Fault(
    name="calibration_skewed",
    what="The mounting of a camera is not a rotation.",
    modalities=("calibration",),
    magnitude=Magnitude("largest entry", 1e-6, 0.02, 0.3),
    apply=apply,
)
