"""Full-body motion capture: 52 SMPL-H joints and the rotations behind them."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities import frames
from xperience.episode.presence import Notes, Signal, tracked

ROTATIONS = {"body_quats": 21, "left_hand_quats": 15, "right_hand_quats": 15}
"""Datasets of local joint rotations, with the number of joints in each."""


def read(file: AnnotationFile, times_s: np.ndarray, notes: Notes) -> Signal:
    """Joints [N, 52, 3], world metres; a frame is valid where any joint is tracked (the others are NaN)."""
    joints = frames.read(file, "full_body_mocap/keypoints", len(times_s), notes, 3)
    if joints is None:
        return Signal.absent((52, 3), unit="m", frame="world", reason="full_body_mocap/keypoints is not in the file")
    return Signal(joints, np.any(tracked(joints), axis=1), times_s, unit="m", frame="world")


def read_poses(file: AnnotationFile, name: str, times_s: np.ndarray, notes: Notes) -> Signal:
    """`Ts_world_root` or `Ts_world_cpf` as T [N, 4, 4], world metres."""
    pose = frames.read(file, f"full_body_mocap/{name}", len(times_s), notes, 2)
    if pose is None:
        return Signal.absent((4, 4), unit="m", frame="world", reason=f"full_body_mocap/{name} is not in the file")
    valid = np.isfinite(pose).all(1) & geometry.is_rotation(pose[:, :4])
    return Signal(geometry.pose7_to_matrix(pose), valid, times_s, unit="m", frame="world")


def read_rotations(file: AnnotationFile, name: str, times_s: np.ndarray, notes: Notes) -> Signal:
    """`body_quats` [N, 21, 4], `left_hand_quats` or `right_hand_quats` [N, 15, 4]: local rotations, wxyz."""
    quats = frames.read(file, f"full_body_mocap/{name}", len(times_s), notes, 3)
    if quats is None:
        reason = f"full_body_mocap/{name} is not in the file"
        return Signal.absent((ROTATIONS[name], 4), frame="parent joint", reason=reason)
    return Signal(quats, np.all(geometry.is_rotation(quats), axis=1), times_s, frame="parent joint")


def read_shape(file: AnnotationFile) -> np.ndarray | None:
    """SMPL-H shape coefficients [N, 16], or [16] where the file has one for all frames; None where it has none."""
    betas = file.read("full_body_mocap/betas")
    return betas[0] if betas is not None and betas.ndim == 3 else betas
