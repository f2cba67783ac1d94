"""A view shows nothing."""

from __future__ import annotations

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    images, times = editor.frames(request.modality)
    images[request.start : request.stop] = 0
    editor.write_video(request.modality, images, times)


FAULT = Fault(
    name="video_black",
    what="A view shows nothing.",
    modalities=VIEWS,
    magnitude=Magnitude("s", 0.05, 1.5, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
