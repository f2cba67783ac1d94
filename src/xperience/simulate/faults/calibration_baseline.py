"""The stereo baseline is wrong."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    editor.change("calibration/cam01/baseline", lambda baseline: baseline + request.magnitude)


FAULT = Fault(
    name="calibration_baseline",
    what="The stereo baseline is wrong.",
    modalities=("calibration",),
    magnitude=Magnitude("m", 0.0005, 0.06, 0.5),
    apply=apply,
)
