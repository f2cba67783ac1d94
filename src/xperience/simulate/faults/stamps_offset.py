"""The video's stamps differ from the frame clock."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    shift = np.int64(round(request.magnitude * 1e9))
    editor.change("video/device_timestamp", lambda stamps: stamps + shift)


FAULT = Fault(
    name="stamps_offset",
    what="The video's stamps differ from the frame clock.",
    modalities=("clock",),
    magnitude=Magnitude("s", 0.0005, 0.1, 1.0),
    apply=apply,
)
