"""Pictures of a view are lost; later ones move up."""

from __future__ import annotations

import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    images, times = editor.frames(request.modality)
    lost = request.rng.choice(len(images), max(1, round(len(images) * request.magnitude)), replace=False)
    images = np.delete(images, lost, axis=0)
    editor.write_video(request.modality, images, times[: len(images)])


FAULT = Fault(
    name="video_dropped",
    what="Pictures of a view are lost; later ones move up.",
    modalities=VIEWS,
    magnitude=Magnitude("share of frames", 0.002, 0.05, 0.4),
    apply=apply,
)
