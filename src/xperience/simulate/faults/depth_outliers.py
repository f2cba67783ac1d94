"""Depth has values outside its stated range."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    with editor.annotation() as file:
        top = float(file["depth/depth_max"][()])

    def spoil(depth: np.ndarray) -> np.ndarray:
        part = depth[request.start : request.stop]
        part[request.rng.random(part.shape, np.float32) < request.magnitude] = 3 * top
        return depth

    editor.change("depth/depth", spoil)


FAULT = Fault(
    name="depth_outliers",
    what="Depth has values outside its stated range.",
    modalities=("depth",),
    magnitude=Magnitude("share of pixels", 0.0005, 0.1, 0.5),
    apply=apply,
    local=True,
)
