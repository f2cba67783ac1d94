"""The person's bones: a 52-joint SMPL-H rest skeleton scaled by height, and forward kinematics.

Rest pose: the T-pose of SMPL, x to the person's left, y up, z forward, floor at y = 0, arms along +-x, palms down.
Heights and lengths are shares of body height after Drillis and Contini (1966), as tabulated by Winter,
"Biomechanics and Motor Control of Human Movement" (2009), fig. 4.1; where a joint of SMPL has no such figure (the
spine, collars) it divides the tabulated whole. Finger bones are the means of Buryanov and Kotiuk (2010),
"Proportions of hand segments", scaled to a hand of 0.108 of body height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xperience.episode.skeletons import FINGERS, SMPLH_JOINTS, SMPLH_PARENTS
from xperience.simulate.motion import rotations

WORLD_FROM_SMPL = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Turns SMPL's axes (left, up, forward) into the world's for a person who faces world x: (forward, left, up)."""

SIDES = ("left", "right")
SIGN = np.array([1.0, -1.0])
"""Direction of each side along x of the rest pose: left, right."""

# Joint positions of the left half as shares of height: (left, up, forward).
_JOINTS = {
    "pelvis": (0.0, 0.570, 0.0),
    "spine1": (0.0, 0.632, -0.008),
    "spine2": (0.0, 0.706, -0.004),
    "spine3": (0.0, 0.742, 0.002),
    "neck": (0.0, 0.850, -0.012),
    "head": (0.0, 0.902, 0.010),
    "left_collar": (0.045, 0.800, -0.006),
    "left_shoulder": (0.105, 0.818, -0.010),  # joint centre, inside the acromion at 0.129
    "left_elbow": (0.105 + 0.186, 0.818, -0.010),
    "left_wrist": (0.105 + 0.186 + 0.146, 0.818, -0.010),
    "left_hip": (0.050, 0.530, 0.0),
    "left_knee": (0.050, 0.285, 0.0),
    "left_ankle": (0.050, 0.039, -0.008),
    "left_foot": (0.054, 0.012, 0.060),  # ball of the foot
}
_EYES = (0.0, 0.936, 0.060)
_HEEL, _TOE = -0.046, 0.106  # ends of a foot of 0.152, forward of the hip

# Millimetres in the hand's own axes (towards the finger tips, towards the thumb, out of the palm), hand of 182 mm.
_HAND_LENGTH = 182.0
_KNUCKLES = {
    "thumb": (20.0, 24.0, 8.0),
    "index": (88.0, 23.0, 0.0),
    "middle": (90.0, 2.0, -2.0),
    "ring": (84.0, -17.0, 0.0),
    "little": (77.0, -34.0, 3.0),
}
_PHALANGES = {  # the last one with 4 mm of soft tip
    "thumb": (46.2, 31.6, 25.7),
    "index": (39.8, 22.4, 19.8),
    "middle": (44.6, 26.3, 21.4),
    "ring": (41.4, 25.7, 21.3),
    "little": (32.7, 18.1, 20.0),
}
_DIRECTIONS = {
    "thumb": (0.70, 0.62, 0.36),
    "index": (1.0, 0.06, 0.0),
    "middle": (1.0, 0.0, 0.0),
    "ring": (1.0, -0.06, 0.0),
    "little": (1.0, -0.13, 0.0),
}
_PALM = (60.0, -2.0, 0.0)  # middle of the palm, in the plane of the joints

FINGER_JOINTS = np.array([[SMPLH_JOINTS.index(f"{side}_{f}{k}") for f in FINGERS for k in (1, 2, 3)] for side in SIDES])
"""[2, 15] SMPL-H joints of thumb, index, middle, ring, little: the order of the 21-joint hand, without wrist and tips."""
FINGER_SLOTS = FINGER_JOINTS - np.array([[22], [37]])
"""[2, 15] the same as places in the SMPL-H finger order of `finger_rotations`."""


@dataclass(frozen=True)
class Skeleton:
    """Rest pose of one person, metres.

    Attributes:
        joints: [52, 3] rest positions. offsets: [52, 3] from the parent's position; the pelvis keeps its own.
        tips: [2, 5, 3] from the last finger joint to the finger tip.
        palm: [2, 4, 4] T_wrist_palm: palm frame in the axes of the wrist joint (origin on the palm's skin, x towards
            the finger tips, z out of the palm; y then points to the thumb of a left hand, away from that of a right).
        eyes: [3] middle between the pupils from the head joint. headset: [3] origin of the headset from the head joint.
        sole: [2] height of ankle and of ball over the sole. heel, toe: ends of the sole, forward of the ankle.
    """

    joints: np.ndarray
    offsets: np.ndarray
    tips: np.ndarray
    palm: np.ndarray
    eyes: np.ndarray
    headset: np.ndarray
    sole: np.ndarray
    heel: float
    toe: float

    def length(self, joint: str) -> float:
        """Length of the bone that ends in a joint."""
        return float(np.linalg.norm(self.offsets[SMPLH_JOINTS.index(joint)]))


def build(height: float) -> Skeleton:
    """Skeleton of a person of this height in metres."""
    joints = np.zeros((52, 3))
    for name, share in _JOINTS.items():
        joints[SMPLH_JOINTS.index(name)] = np.multiply(share, height)
        if name.startswith("left_"):
            joints[SMPLH_JOINTS.index(name.replace("left_", "right_"))] = np.multiply(share, (-height, height, height))
    unit = 0.108 * height / _HAND_LENGTH
    tips = np.zeros((2, 5, 3))
    palm = np.tile(np.eye(4), (2, 1, 1))
    for side, sign in enumerate(SIGN):
        axes = np.array([[sign, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]).T  # tips, thumb, out of the palm
        wrist = joints[20 + side]
        for f, finger in enumerate(FINGERS):
            direction = np.divide(_DIRECTIONS[finger], np.linalg.norm(_DIRECTIONS[finger]))
            point = np.array(_KNUCKLES[finger])
            for k in range(3):
                joints[FINGER_JOINTS[side, 3 * f + k]] = wrist + axes @ point * unit
                point = point + direction * _PHALANGES[finger][k]
            tips[side, f] = axes @ direction * _PHALANGES[finger][2] * unit
        x, z = axes[:, 0], axes[:, 2]
        palm[side, :3, :3] = np.stack([x, np.cross(z, x), z], -1)
        palm[side, :3, 3] = axes @ np.array(_PALM) * unit
    offsets = joints.copy()
    offsets[1:] -= joints[SMPLH_PARENTS[1:]]
    eyes = np.multiply(_EYES, height) - joints[SMPLH_JOINTS.index("head")]
    # The front cameras sit 0.09 m before and 0.045 m above the eyes; in the rig they lie 0.24 m before and 0.03 m
    # below the headset's origin, and their middle 0.018 m to its left.
    headset = eyes + np.array([-0.018, 0.045 + 0.03, 0.09 - 0.24])
    sole = joints[[7, 10], 1]
    ankle = joints[7, 2]
    return Skeleton(joints, offsets, tips, palm, eyes, headset, sole, _HEEL * height - ankle, _TOE * height - ankle)


def forward_kinematics(
    skeleton: Skeleton, T_world_root: np.ndarray, body_rotations: np.ndarray, finger_rotations: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Joints [T, 52, 3] and their world rotations [T, 52, 3, 3] from the pelvis pose and local rotations.

    Args:
        T_world_root: [T, 4, 4]. body_rotations: [T, 21, 3, 3]. finger_rotations: [T, 2, 15, 3, 3], SMPL-H order.
    """
    count = len(T_world_root)
    joints = np.empty((count, 52, 3))
    turned = np.empty((count, 52, 3, 3))
    joints[:, 0], turned[:, 0] = T_world_root[:, :3, 3], T_world_root[:, :3, :3]
    local = np.concatenate([body_rotations, finger_rotations.reshape(count, 30, 3, 3)], axis=1)
    for joint in range(1, 52):
        parent = SMPLH_PARENTS[joint]
        joints[:, joint] = joints[:, parent] + turned[:, parent] @ skeleton.offsets[joint]
        turned[:, joint] = rotations.compose(turned[:, parent], local[:, joint - 1])
    return joints, turned


def hand_joints(skeleton: Skeleton, joints: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """[T, 2, 21, 3] hand joints with tips from the joints and rotations of `forward_kinematics`."""
    out = np.empty((len(joints), 2, 21, 3))
    for side in range(2):
        out[:, side, 0] = joints[:, 20 + side]
        for f in range(5):
            chain = FINGER_JOINTS[side, 3 * f : 3 * f + 3]
            out[:, side, 1 + 4 * f : 4 + 4 * f] = joints[:, chain]
            out[:, side, 4 + 4 * f] = joints[:, chain[2]] + turned[:, chain[2]] @ skeleton.tips[side, f]
    return out
