"""The pose leaps aside for a while, as after a false loop closure."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def leap(trans: np.ndarray) -> np.ndarray:
        aside = request.rng.normal(size=3)
        trans[request.start : request.stop] += request.magnitude * aside / np.linalg.norm(aside)
        return trans

    editor.change("slam/trans_xyz", leap)


FAULT = Fault(
    name="pose_jump",
    what="The pose leaps aside for a while, as after a false loop closure.",
    modalities=("pose",),
    magnitude=Magnitude("m", 0.001, 0.5, 5.0),
    apply=apply,
    local=True,
)
