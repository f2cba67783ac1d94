"""Tracking is lost and the last pose repeated."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def hold(values: np.ndarray) -> np.ndarray:
        values[request.start : request.stop] = values[request.start]
        return values

    for name in ("quat_wxyz", "trans_xyz"):
        editor.change(f"slam/{name}", hold)


FAULT = Fault(
    name="pose_frozen",
    what="Tracking is lost and the last pose repeated.",
    modalities=("pose",),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
