"""A view shows the pictures of another one of its kind."""

from __future__ import annotations

from xperience.episode.cameras import FISHEYE_VIEWS, STEREO_VIEWS, VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    views = FISHEYE_VIEWS if request.modality in FISHEYE_VIEWS else STEREO_VIEWS
    other = views[(views.index(request.modality) + 1) % len(views)]
    images, times = editor.frames(request.modality)
    count = max(1, round(len(images) * request.magnitude))
    first = int(request.rng.integers(len(images) - count + 1))
    images[first : first + count] = editor.frames(other)[0][first : first + count]
    editor.write_video(request.modality, images, times)


FAULT = Fault(
    name="video_duplicate",
    what="A view shows the pictures of another one of its kind.",
    modalities=VIEWS,
    magnitude=Magnitude("share of frames", 0.005, 0.6, 1.0),
    apply=apply,
)
