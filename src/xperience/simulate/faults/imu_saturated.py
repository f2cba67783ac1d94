"""The sensor's range is too small."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request


def apply(editor: Editor, request: Request) -> None:
    def clip(values: np.ndarray) -> np.ndarray:
        limit = np.quantile(np.abs(values), 1 - request.magnitude, axis=0)
        return np.clip(values, -limit, limit)

    editor.change(request.rng.choice(["imu/gyro_xyz", "imu/accel_xyz"]), clip)


FAULT = Fault(
    name="imu_saturated",
    what="The sensor's range is too small.",
    modalities=("imu",),
    magnitude=Magnitude("share of samples at the limit", 2e-4, 0.1, 0.6),
    apply=apply,
)
