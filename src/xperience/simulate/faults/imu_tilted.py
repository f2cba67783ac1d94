"""The IMU's axes are not the body's."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    axis = request.rng.normal(size=3) * np.array(
        [1.0, 0.0, 1.0]
    )  # across the vertical, which alone gravity cannot tell
    turn = geometry.rotvec_to_matrix(axis / np.linalg.norm(axis) * np.radians(request.magnitude))
    for name in ("accel_xyz", "gyro_xyz"):
        editor.change(f"imu/{name}", lambda values: values @ turn.T)


FAULT = Fault(
    name="imu_tilted",
    what="The IMU's axes are not the body's.",
    modalities=("imu",),
    magnitude=Magnitude("degrees", 0.3, 35, 150),
    apply=apply,
)
