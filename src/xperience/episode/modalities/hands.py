"""Hand motion capture: 21 joints a hand and the MANO parameters behind them."""

from __future__ import annotations

import numpy as np

from xperience.episode.annotation import AnnotationFile
from xperience.episode.presence import Signal, usable

PATHS = ("hand_mocap/left_joints_3d", "hand_mocap/right_joints_3d")


def read(file: AnnotationFile, side: str, times_s: np.ndarray) -> Signal:
    """Joints [N, 21, 3] of one hand, metres, in the left rectified camera (as the official viewer reads them)."""
    joints = file.read(f"hand_mocap/{side}_joints_3d")
    if joints is None:
        return Signal.absent(
            (21, 3), unit="m", frame="stereo_left", reason=f"hand_mocap/{side}_joints_3d is not in the file"
        )
    joints = joints[: len(times_s)]
    return Signal(joints, usable(joints), times_s[: len(joints)], unit="m", frame="stereo_left")


def read_mano(file: AnnotationFile, side: str) -> dict[str, np.ndarray]:
    """MANO parameters that the file has: translation [N, 3], pose [N, 15, 3], global_orient [N, 3], betas [.., 10]."""
    names = {
        "translation": "translation",
        "pose": "mano_hand_pose",
        "global_orient": "mano_hand_global_orient",
        "betas": "mano_hand_betas",
    }
    out = {}
    for name, key in names.items():
        array = file.read(f"hand_mocap/{side}_{key}")
        if array is None:
            continue
        if name == "pose":
            array = array.reshape(len(array), 15, 3)
        elif name == "global_orient":
            array = array.reshape(len(array), 3)
        out[name] = array
    return out
