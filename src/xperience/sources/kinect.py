"""The 20 joints of the first Kinect and where they go among the 52 of SMPL-H, and back.

Kinect skeleton axes: x to the sensor's left, y up, z away from it (right-handed; a person facing the sensor has the
left shoulder at smaller x). World axes here: x away from the sensor, y to its left, z up, same origin. The sensor is
taken as level: its tilt is not recorded.
"""

from __future__ import annotations

import numpy as np

from xperience.episode.skeletons import SMPLH_JOINTS

KINECT_JOINTS: tuple[str, ...] = (
    "head", "shoulder_center", "spine", "hip_center",
    "left_shoulder", "left_elbow", "left_wrist", "left_hand",
    "right_shoulder", "right_elbow", "right_wrist", "right_hand",
    "left_hip", "left_knee", "left_ankle", "left_foot",
    "right_hip", "right_knee", "right_ankle", "right_foot",
)  # fmt: skip
"""In the order of the UTD-MHAD files."""

_RENAMED = {
    "shoulder_center": "neck",
    "spine": "spine1",  # 6 to 8 cm above the hip centre, which is nearest to the lowest of SMPL-H's three
    "hip_center": "pelvis",
    "left_hand": "left_middle1",  # the Kinect's hand is the middle of the palm, the knuckle is nearest
    "right_hand": "right_middle1",
}
SMPLH_INDEX = np.array([SMPLH_JOINTS.index(_RENAMED.get(name, name)) for name in KINECT_JOINTS])
"""[20] SMPL-H joint that stands for each Kinect joint."""

_TO_WORLD = np.array([2, 0, 1])  # x_world = z_kinect, y_world = x_kinect, z_world = y_kinect
_FROM_WORLD = np.argsort(_TO_WORLD)

STATED_HZ = 30.0
"""Frame rate that the sensor's and the dataset's descriptions give."""

DEPTH_RANGE_M = (0.8, 4.0)
"""Range in which the sensor's maker specifies its depth."""


def to_smplh(joints: np.ndarray) -> np.ndarray:
    """Kinect joints [T, 20, 3] in sensor axes to [T, 52, 3] in world axes, metres; NaN where there is no such joint."""
    out = np.full((len(joints), len(SMPLH_JOINTS), 3), np.nan, np.float32)
    out[:, SMPLH_INDEX] = joints[..., _TO_WORLD]
    return out


def from_smplh(keypoints: np.ndarray) -> np.ndarray:
    """The inverse of `to_smplh`: the 20 joints [T, 20, 3] in sensor axes."""
    return keypoints[:, SMPLH_INDEX][..., _FROM_WORLD]
