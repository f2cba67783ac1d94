"""IMU samples are lost."""

from __future__ import annotations

from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Magnitude, Request
from xperience.simulate.faults.stamps import change_imu_clock


def apply(editor: Editor, request: Request) -> None:
    with editor.annotation() as file:
        stamps = file["imu/device_timestamp_ns"][()].reshape(-1)
    seconds = (stamps - stamps[0]) * 1e-9
    keep = ~((seconds >= request.start_s) & (seconds < request.start_s + request.magnitude))
    for name in ("accel_xyz", "gyro_xyz", "device_timestamp_ns"):
        editor.change(f"imu/{name}", lambda values: values[keep])
    change_imu_clock(editor, lambda stamps: stamps)


FAULT = Fault(
    name="imu_gap",
    what="IMU samples are lost.",
    modalities=("imu",),
    magnitude=Magnitude("s", 0.005, 0.3, 3.0),
    apply=apply,
    local=True,
)
