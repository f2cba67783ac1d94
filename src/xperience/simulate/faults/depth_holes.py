"""Most of the depth is missing."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def empty(depth: np.ndarray) -> np.ndarray:
        part = depth[request.start : request.stop]
        part[request.rng.random(part.shape, np.float32) < request.magnitude] = 0
        return depth

    editor.change("depth/depth", empty)


FAULT = Fault(
    name="depth_holes",
    what="Most of the depth is missing.",
    modalities=("depth",),
    magnitude=Magnitude("share of pixels", 0.003, 0.93, 1.0),
    apply=apply,
    local=True,
)
