"""Two fisheye views are exchanged."""

from __future__ import annotations

from xperience.episode.cameras import FISHEYE_VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    other = FISHEYE_VIEWS[(FISHEYE_VIEWS.index(request.modality) + 2) % 4]
    images, times = editor.frames(request.modality)
    others, other_times = editor.frames(other)
    count = max(1, round(len(images) * request.magnitude))
    first = int(request.rng.integers(len(images) - count + 1))
    part = slice(first, first + count)
    images[part], others[part] = others[part], images[part].copy()
    editor.write_video(request.modality, images, times)
    editor.write_video(other, others, other_times)


FAULT = Fault(
    name="video_swapped",
    what="Two fisheye views are exchanged.",
    modalities=FISHEYE_VIEWS,
    magnitude=Magnitude("share of frames", 0.005, 0.6, 1.0),
    apply=apply,
)
