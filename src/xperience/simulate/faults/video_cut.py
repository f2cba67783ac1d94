"""The bytes of a view end in the middle: the copy was interrupted."""

from __future__ import annotations

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    path = editor.path(request.modality)
    with path.open("r+b") as file:
        file.truncate(max(1, round(path.stat().st_size * (1 - request.magnitude))))


FAULT = Fault(
    name="video_cut",
    what="The bytes of a view end in the middle: the copy was interrupted.",
    modalities=VIEWS,
    magnitude=Magnitude("share of bytes", 0.00002, 0.1, 0.8),
    apply=apply,
)
