"""Hand motion capture: 21 joints a hand and the MANO parameters behind them."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities import frames
from xperience.episode.presence import Notes, Signal, usable

FRAME = "stereo_left"
"""Frame that hand joints are in, as the official viewer reads them: the left rectified camera."""

ORTHONORMAL = 0.05
"""Largest deviation of R R' from one at which nine numbers still are a rotation; half precision gives 0.002."""


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
    """MANO parameters that the file has: translation [N, 3] metres, pose [N, 15, 3], global_orient [N, 3], betas [.., 10].

    Rotations are axis-angle, radians, whichever way they are stored: as matrices, as HaMeR (Pavlakos et al. 2024) gives
    them, or as axis-angle. A matrix that is no rotation gives NaN.
    """
    found = {}
    for name, key, shape in (("translation", "translation", (-1, 3)), ("betas", "mano_hand_betas", (-1, 10))):
        stored = file.read(f"hand_mocap/{side}_{key}")
        if stored is not None:
            found[name] = stored.reshape(shape)
    for name, key, joints in (("pose", "mano_hand_pose", 15), ("global_orient", "mano_hand_global_orient", 1)):
        stored = file.read(f"hand_mocap/{side}_{key}")
        if stored is not None:
            rotations = _axis_angle(stored, joints)
            found[name] = rotations if joints > 1 else rotations[:, 0]
    return found


def _axis_angle(stored: np.ndarray, joints: int) -> np.ndarray:
    """[N, joints, 3] radians of rotations [N, ...], nine numbers a joint (matrices, row by row) or three."""
    flat = stored.reshape(len(stored), -1)
    if flat.shape[1] == 3 * joints:
        return flat.reshape(-1, joints, 3)
    matrices = flat.reshape(-1, joints, 3, 3).astype(np.float64)
    product = np.nan_to_num(matrices) @ np.swapaxes(np.nan_to_num(matrices), -1, -2)
    rotation = (np.abs(product - np.eye(3)).max((-1, -2)) < ORTHONORMAL) & (np.linalg.det(np.nan_to_num(matrices)) > 0)
    vectors = geometry.matrix_to_rotvec(np.where(rotation[..., None, None], matrices, np.eye(3)))
    return np.where(rotation[..., None], vectors, np.nan)
