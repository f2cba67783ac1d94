"""Names and trees of the two skeletons in a recording: SMPL-H (body and fingers) and MANO (hand joints).

Joint orders are those of SMPL-H (Romero et al. 2017, "Embodied Hands") and of the 21-joint MANO hand with
finger tips: wrist, then thumb, index, middle, ring and little finger, four joints each.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

FINGERS = ("thumb", "index", "middle", "ring", "little")

HAND_JOINTS: tuple[str, ...] = ("wrist", *(f"{finger}{k}" for finger in FINGERS for k in (1, 2, 3, 4)))
HAND_PARENTS = np.array([-1] + [0 if k == 0 else 4 * f + k for f in range(5) for k in range(4)])

BODY_JOINTS: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
_SMPLH_FINGERS = ("index", "middle", "little", "ring", "thumb")  # SMPL-H's own finger order
SMPLH_JOINTS: tuple[str, ...] = BODY_JOINTS + tuple(
    f"{side}_{finger}{k}" for side in ("left", "right") for finger in _SMPLH_FINGERS for k in (1, 2, 3)
)
_BODY_PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
SMPLH_PARENTS = np.array(
    _BODY_PARENTS
    + [
        wrist if k == 0 else base + 3 * f + k - 1
        for wrist, base in ((20, 22), (21, 37))
        for f in range(5)
        for k in range(3)
    ]
)

LEFT_WRIST, RIGHT_WRIST = 20, 21
CONTACT_JOINTS: tuple[str, ...] = BODY_JOINTS[1:]
"""Names of the 21 channels of `full_body_mocap/contacts`: body joints 1 to 21."""
HAND_CONTACT_CHANNELS = (19, 20)
"""Columns of the contacts array that belong to the wrists (joints 20 and 21)."""


def bones(parents: np.ndarray) -> list[tuple[int, int]]:
    """(parent, child) pairs of a tree."""
    return [(int(p), child) for child, p in enumerate(parents) if p >= 0]


def finger_chain(finger: int) -> list[tuple[int, int]]:
    """(parent, child) pairs of one finger of the 21-joint hand, wrist included."""
    return list(pairwise([0, *range(4 * finger + 1, 4 * finger + 5)]))
