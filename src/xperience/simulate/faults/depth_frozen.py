"""The depth image repeats."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def hold(depth: np.ndarray) -> np.ndarray:
        depth[request.start : request.stop] = depth[request.start]
        return depth

    editor.change("depth/depth", hold)


FAULT = Fault(
    name="depth_frozen",
    what="The depth image repeats.",
    modalities=("depth",),
    magnitude=Magnitude("s", 0.05, 1.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
