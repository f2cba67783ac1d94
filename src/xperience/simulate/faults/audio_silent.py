"""The sound is lost for a while."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.sensors.audio import RATE


def apply(editor: Editor, request: Request) -> None:
    def silence(wave: np.ndarray) -> np.ndarray:
        wave[:, round(request.start_s * RATE) : round(request.stop_s * RATE)] = 0
        return wave

    editor.change_sound(silence)


FAULT = Fault(
    name="audio_silent",
    what="The sound is lost for a while.",
    modalities=("audio",),
    magnitude=Magnitude("s", 0.02, 2.0, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
