"""The IMU's clock runs fast; its key frames follow its stamps."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_imu_clock


def apply(editor: Editor, request: Request) -> None:
    def stretch(stamps: np.ndarray) -> np.ndarray:
        return stamps[0] + np.round((stamps - stamps[0]) * (1 + request.magnitude * 1e-6)).astype(np.int64)

    change_imu_clock(editor, stretch)


FAULT = Fault(
    name="imu_rate",
    what="The IMU's clock runs fast; its key frames follow its stamps.",
    modalities=("imu",),
    magnitude=Magnitude("ppm", 20, 8000, 50000),
    apply=apply,
)
