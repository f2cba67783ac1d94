"""The file of a view ends early, as after a full disk or a broken copy."""

from __future__ import annotations

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    images, times = editor.frames(request.modality)
    keep = max(1, round(len(images) * (1 - request.magnitude)))
    editor.write_video(request.modality, images[:keep], times[:keep])


FAULT = Fault(
    name="video_truncated",
    what="The file of a view ends early, as after a full disk or a broken copy.",
    modalities=VIEWS,
    magnitude=Magnitude("share of frames", 0.004, 0.15, 0.7),
    apply=apply,
)
