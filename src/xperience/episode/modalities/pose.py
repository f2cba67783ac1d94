"""Body pose from SLAM: world to body on disk, body to world in memory."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities import frames
from xperience.episode.presence import Notes, Signal


def read(file: AnnotationFile, times_s: np.ndarray, notes: Notes) -> Signal:
    """T_world_body [N, 4, 4] float64, metres. Invalid where the quaternion is not finite or near zero length."""
    quat = frames.read(file, "slam/quat_wxyz", len(times_s), notes, 2)
    trans = frames.read(file, "slam/trans_xyz", len(times_s), notes, 2)
    if quat is None or trans is None:
        missing = "slam/quat_wxyz" if quat is None else "slam/trans_xyz"
        return Signal.absent((4, 4), unit="m", frame="world", reason=f"{missing} is not in the file")
    valid = geometry.is_rotation(quat) & np.isfinite(trans).all(1)
    with np.errstate(invalid="ignore"):
        T_world_body = geometry.invert(geometry.transform(geometry.quat_to_matrix(quat), trans))
    return Signal(T_world_body, valid, times_s, unit="m", frame="world")
