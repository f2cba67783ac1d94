"""A hand is seen where the body has none: the tracker holds on to something else."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import joints_of


def apply(editor: Editor, request: Request) -> None:
    aside = request.rng.normal(size=3)
    aside = request.magnitude * aside / np.linalg.norm(aside)

    def move(joints: np.ndarray) -> np.ndarray:
        joints[request.start : request.stop] += aside.astype(joints.dtype)
        return joints

    editor.change(joints_of(request.modality), move)


FAULT = Fault(
    name="hand_adrift",
    what="A hand is seen where the body has none.",
    modalities=("hand_left", "hand_right"),
    magnitude=Magnitude("m", 0.01, 0.73, 3.0),
    apply=apply,
    local=True,
)
