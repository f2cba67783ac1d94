"""The clock of a view's file runs fast."""

from __future__ import annotations

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    images, times = editor.frames(request.modality)
    editor.write_video(request.modality, images, times * (1 - request.magnitude * 1e-6))


FAULT = Fault(
    name="video_rate",
    what="The clock of a view's file runs fast.",
    modalities=VIEWS,
    magnitude=Magnitude("ppm", 30, 4000, 50000),
    apply=apply,
)
