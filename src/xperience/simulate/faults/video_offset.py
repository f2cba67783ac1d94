"""The pictures of a view come late, or early, by whole frames."""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    images, times = editor.frames(request.modality)
    late = round(request.magnitude / float(np.median(np.diff(times)))) * int(request.rng.choice([-1, 1]))
    source = np.clip(np.arange(len(images)) - late, 0, len(images) - 1)
    editor.write_video(request.modality, images[source], times)


FAULT = Fault(
    name="video_offset",
    what="The pictures of a view come late, or early, by whole frames.",
    modalities=VIEWS,
    magnitude=Magnitude("s", 0.02, 0.2, 0.5),
    apply=apply,
)
