"""The IMU repeats one sample."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    with editor.annotation() as file:
        stamps = file["imu/device_timestamp_ns"][()].reshape(-1)
    start, stop = np.searchsorted((stamps - stamps[0]) * 1e-9, [request.start_s, request.start_s + request.magnitude])

    def hold(values: np.ndarray) -> np.ndarray:
        values[start:stop] = values[start]
        return values

    for name in ("accel_xyz", "gyro_xyz"):
        editor.change(f"imu/{name}", hold)


FAULT = Fault(
    name="imu_stuck",
    what="The IMU repeats one sample.",
    modalities=("imu",),
    magnitude=Magnitude("s", 0.01, 0.5, 5.0),
    apply=apply,
    local=True,
)
