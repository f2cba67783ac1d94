"""The sound is driven into its limits."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def clip(wave: np.ndarray) -> np.ndarray:
        limit = float(np.quantile(np.abs(wave), 1 - request.magnitude))
        return np.clip(wave / max(limit, 1e-6), -1, 1) * 0.98

    editor.change_sound(clip)


FAULT = Fault(
    name="audio_clipped",
    what="The sound is driven into its limits.",
    modalities=("audio",),
    magnitude=Magnitude("share of samples", 1e-6, 0.03, 0.3),
    apply=apply,
)
