"""The lens is that of another image size."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    camera = int(request.rng.integers(4))
    editor.change(f"calibration/cam{camera}/K", lambda K: K * request.magnitude)


FAULT = Fault(
    name="calibration_lens",
    what="The lens is that of another image size.",
    modalities=("calibration",),
    magnitude=Magnitude("factor", 1.001, 2.0, 4.0),
    apply=apply,
)
