"""A camera's place in the chain is wrong."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def move(T: np.ndarray) -> np.ndarray:
        T[0, 3] += request.magnitude
        return T

    editor.change("calibration/cam1/T_cn_cnm1", move)


FAULT = Fault(
    name="calibration_chain",
    what="A camera's place in the chain is wrong.",
    modalities=("calibration",),
    magnitude=Magnitude("m", 0.0002, 0.1, 1.0),
    apply=apply,
)
