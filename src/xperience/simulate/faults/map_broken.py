"""Points of the map are not finite."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def spoil(points: np.ndarray) -> np.ndarray:
        points[: round(len(points) * request.magnitude)] = np.nan
        return points

    editor.change("slam/point_cloud", spoil)


FAULT = Fault(
    name="map_broken",
    what="Points of the map are not finite.",
    modalities=("point_cloud",),
    magnitude=Magnitude("share of points", 1e-9, 0.05, 0.9),
    apply=apply,
)
