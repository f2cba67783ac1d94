"""Full-body motion capture: 52 SMPL-H joints and the rotations behind them."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import AnnotationFile
from xperience.episode.presence import Signal, usable

PATHS = ("full_body_mocap/keypoints",)


def read(file: AnnotationFile, times_s: np.ndarray) -> Signal:
    """Joints [N, 52, 3], world metres."""
    joints = unbatched(file.read(PATHS[0]), 3)
    if joints is None:
        return Signal.absent((52, 3), unit="m", frame="world", reason="full_body_mocap/keypoints is not in the file")
    joints = joints[: len(times_s)]
    return Signal(joints, usable(joints), times_s[: len(joints)], unit="m", frame="world")


def read_poses(file: AnnotationFile, name: str, times_s: np.ndarray) -> Signal:
    """`Ts_world_root` or `Ts_world_cpf` as T [N, 4, 4], world metres."""
    pose = unbatched(file.read(f"full_body_mocap/{name}"), 2)
    if pose is None:
        return Signal.absent((4, 4), unit="m", frame="world", reason=f"full_body_mocap/{name} is not in the file")
    pose = np.asarray(pose[: len(times_s)], np.float64)
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(pose).all(1) & (np.linalg.norm(pose[:, :4], axis=1) > 0.1)
    return Signal(geometry.pose7_to_matrix(pose), valid, times_s[: len(pose)], unit="m", frame="world")


def read_rotations(file: AnnotationFile, name: str, times_s: np.ndarray) -> Signal:
    """`body_quats` [N, 21, 4], `left_hand_quats` or `right_hand_quats` [N, 15, 4]: local rotations, wxyz."""
    quats = unbatched(file.read(f"full_body_mocap/{name}"), 3)
    tail = (21 if name == "body_quats" else 15, 4)
    if quats is None:
        return Signal.absent(tail, frame="parent joint", reason=f"full_body_mocap/{name} is not in the file")
    quats = quats[: len(times_s)]
    return Signal(quats, usable(quats), times_s[: len(quats)], frame="parent joint")


def unbatched(array: np.ndarray | None, ndim: int) -> np.ndarray | None:
    """Some files carry a leading axis of length one."""
    return array[0] if array is not None and array.ndim == ndim + 1 else array
