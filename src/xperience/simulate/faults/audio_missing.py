"""The files carry no sound that can be heard: the microphone was off."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    editor.change_sound(lambda wave: wave * 10 ** (-request.magnitude / 20))


FAULT = Fault(
    name="audio_missing",
    what="The files carry no sound that can be heard: the microphone was off.",
    modalities=("audio",),
    magnitude=Magnitude("gain lost, dB", 0.3, 100, 160),
    apply=apply,
)
