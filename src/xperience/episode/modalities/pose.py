"""Body pose from SLAM: world to body on disk, body to world in memory."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import AnnotationFile
from xperience.episode.presence import Signal

PATHS = ("slam/quat_wxyz", "slam/trans_xyz")


def read(file: AnnotationFile, times_s: np.ndarray) -> Signal:
    """T_world_body [N, 4, 4] float64, metres. Invalid where the quaternion is not finite or near zero length."""
    quat, trans = file.read(PATHS[0]), file.read(PATHS[1])
    if quat is None or trans is None:
        return Signal.absent((4, 4), unit="m", frame="world", reason="slam/ is not in the file")
    count = min(len(quat), len(trans), len(times_s))
    quat, trans = np.asarray(quat[:count], np.float64), np.asarray(trans[:count], np.float64)
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(quat).all(1) & np.isfinite(trans).all(1) & (np.linalg.norm(quat, axis=1) > 0.1)
    T_body_world = geometry.transform(geometry.quat_to_matrix(quat), trans)
    return Signal(geometry.invert(T_body_world), valid, times_s[:count], unit="m", frame="world")
