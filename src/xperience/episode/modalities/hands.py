"""Hand motion capture: 21 joints a hand and the MANO parameters behind them."""

from __future__ import annotations

import numpy as np

from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities import frames
from xperience.episode.presence import Notes, Signal, usable

FRAME = "stereo_left"
"""Frame that hand joints are in, as the official viewer reads them: the left rectified camera."""


def read(file: AnnotationFile, side: str, times_s: np.ndarray, notes: Notes) -> Signal:
    """Joints [N, 21, 3] of one hand, metres, in the left rectified camera."""
    path = f"hand_mocap/{side}_joints_3d"
    joints = frames.read(file, path, len(times_s), notes, 3)
    if joints is None:
        return Signal.absent((21, 3), unit="m", frame=FRAME, reason=f"{path} is not in the file")
    return Signal(joints, usable(joints), times_s, unit="m", frame=FRAME)


def in_world(hand: Signal, T_world_left: Signal) -> Signal:
    """The same hand in world metres [N, 21, 3]; valid where both the hand and the camera's pose are."""
    valid = hand.valid & T_world_left.valid
    joints = np.full(hand.values.shape, np.nan)
    camera, joints_camera = T_world_left.values[valid], hand.values[valid]
    joints[valid] = joints_camera @ np.swapaxes(camera[:, :3, :3], 1, 2) + camera[:, None, :3, 3]
    return Signal(joints, valid, hand.times_s, unit="m", frame="world")


def read_mano(file: AnnotationFile, side: str) -> dict[str, np.ndarray]:
    """MANO parameters that the file has: translation [N, 3], pose [N, 15, 3], global_orient [N, 3], betas [.., 10]."""
    names = {
        "translation": ("translation", (-1, 3)),
        "pose": ("mano_hand_pose", (-1, 15, 3)),
        "global_orient": ("mano_hand_global_orient", (-1, 3)),
        "betas": ("mano_hand_betas", (-1, 10)),
    }
    stored = {name: (file.read(f"hand_mocap/{side}_{key}"), shape) for name, (key, shape) in names.items()}
    return {name: array.reshape(shape) for name, (array, shape) in stored.items() if array is not None}
