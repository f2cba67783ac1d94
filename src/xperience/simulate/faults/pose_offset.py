"""The pose is stamped late, or early, by whole frames."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    late = round(request.magnitude / float(np.median(np.diff(request.times_s)))) * int(request.rng.choice([-1, 1]))

    def shift(values: np.ndarray) -> np.ndarray:
        return values[np.clip(np.arange(len(values)) - late, 0, len(values) - 1)]

    for name in ("quat_wxyz", "trans_xyz"):
        editor.change(f"slam/{name}", shift)


FAULT = Fault(
    name="pose_offset",
    what="The pose is stamped late, or early, by whole frames.",
    modalities=("pose",),
    magnitude=Magnitude("s", 0.02, 0.2, 0.5),
    apply=apply,
)
