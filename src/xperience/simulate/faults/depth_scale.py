"""Depth is too large, or too small, by a factor."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    factor = request.magnitude if request.rng.random() < 0.5 else 1 / request.magnitude
    editor.change("depth/depth", lambda depth: depth * np.float32(factor))


FAULT = Fault(
    name="depth_scale",
    what="Depth is too large, or too small, by a factor.",
    modalities=("depth",),
    magnitude=Magnitude("factor", 1.004, 1.3, 3.0),
    apply=apply,
)
