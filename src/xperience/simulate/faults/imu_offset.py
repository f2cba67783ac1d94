"""The IMU's stamps are late; its key frames follow its stamps."""

from __future__ import annotations

import numpy as np

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_imu_clock


def apply(editor: Editor, request: Request) -> None:
    by = np.int64(round(request.magnitude * 1e9)) * np.int64(request.rng.choice([-1, 1]))
    change_imu_clock(editor, lambda stamps: stamps + by)


FAULT = Fault(
    name="imu_offset",
    what="The IMU's stamps are late; its key frames follow its stamps.",
    modalities=("imu",),
    magnitude=Magnitude("s", 0.001, 0.1, 0.5),
    apply=apply,
)
