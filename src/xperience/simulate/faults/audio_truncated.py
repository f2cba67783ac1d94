"""The sound ends early."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    editor.change_sound(lambda wave: wave[:, : max(1, round(wave.shape[1] * (1 - request.magnitude)))])


FAULT = Fault(
    name="audio_truncated",
    what="The sound ends early.",
    modalities=("audio",),
    magnitude=Magnitude("share of length", 0.004, 0.2, 0.8),
    apply=apply,
)
