"""There is no pose for a while."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def drop(values: np.ndarray) -> np.ndarray:
        values[request.start : request.stop] = np.nan
        return values

    for name in ("quat_wxyz", "trans_xyz"):
        editor.change(f"slam/{name}", drop)


FAULT = Fault(
    name="pose_missing",
    what="There is no pose for a while.",
    modalities=("pose",),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
