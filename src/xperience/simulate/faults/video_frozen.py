"""A view repeats one picture."""

from __future__ import annotations

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    images, times = editor.frames(request.modality)
    images[request.start : request.stop] = images[request.start]
    editor.write_video(request.modality, images, times)


FAULT = Fault(
    name="video_frozen",
    what="A view repeats one picture.",
    modalities=VIEWS,
    magnitude=Magnitude("s", 0.05, 1.5, 8.0),
    apply=apply,
    local=True,
    lasting=True,
)
