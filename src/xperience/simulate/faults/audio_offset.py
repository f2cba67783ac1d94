"""The sound comes late, or early."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.sensors.audio import RATE


def apply(editor: Editor, request: Request) -> None:
    def shift(wave: np.ndarray) -> np.ndarray:
        by = round(request.magnitude * RATE) * int(request.rng.choice([-1, 1]))
        return np.roll(wave, by, axis=1)

    editor.change_sound(shift)


FAULT = Fault(
    name="audio_offset",
    what="The sound comes late, or early.",
    modalities=("audio",),
    magnitude=Magnitude("s", 0.005, 0.25, 0.5),
    apply=apply,
)
