"""The map lies somewhere else."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    aside = (request.magnitude * np.array([0.6, 0.8, 0.0])).astype(np.float32)
    editor.change("slam/point_cloud", lambda points: points + aside)


FAULT = Fault(
    name="map_far",
    what="The map lies somewhere else.",
    modalities=("point_cloud",),
    magnitude=Magnitude("m", 0.02, 25, 1000),
    apply=apply,
)
