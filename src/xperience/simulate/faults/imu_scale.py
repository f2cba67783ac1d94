"""The accelerometer is in another unit or badly scaled."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    factor = request.magnitude if request.rng.random() < 0.5 else 1 / request.magnitude
    editor.change("imu/accel_xyz", lambda values: values * factor)


FAULT = Fault(
    name="imu_scale",
    what="The accelerometer is in another unit or badly scaled.",
    modalities=("imu",),
    magnitude=Magnitude("factor", 1.002, 1.2, 9.80665),
    apply=apply,
)
