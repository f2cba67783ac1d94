"""Finger shapes: flexion of fifteen joints and spread of five fingers, the rotations they stand for, and grasps.

A shape is [20]: flexion of the joints of thumb, index, middle, ring and little finger, base to tip, then the sideways
angle of each finger at its base, towards the thumb, radians.
"""

from __future__ import annotations

import numpy as np

from xperience.simulate.motion import solids
from xperience.simulate.motion.rotations import about, compose, unit
from xperience.simulate.motion.skeleton import FINGER_JOINTS, FINGER_SLOTS, SIGN, Skeleton

CHANNELS = 20
SKIN = 0.008
"""Half the thickness of a finger, metres: bones of a closed hand stay this far from what it holds."""


def shape(thumb: tuple[float, float, float], base: float, middle: float, tip: float, spread: float = 0.0) -> np.ndarray:
    """The same flexion for four fingers, and a thumb."""
    return np.array([*thumb, *(4 * [base, middle, tip]), 0.0, *(spread * np.array([1.0, 0.2, -0.6, -1.3]))])


RELAXED = shape((0.10, 0.15, 0.20), 0.35, 0.45, 0.25)
OPEN = shape((-0.20, 0.0, 0.05), 0.10, 0.15, 0.10, 0.10)
FLAT = shape((0.0, 0.05, 0.05), 0.04, 0.05, 0.03)
FIST = shape((0.45, 0.65, 0.70), 1.45, 1.60, 0.95)
POINT = np.concatenate([shape((0.35, 0.5, 0.5), 1.2, 1.4, 0.8)[:3], [0.15, 0.1, 0.05], 0.85 * FIST[6:]])
"""Fingers of a hand that presses a button."""


def rotations(shapes: np.ndarray) -> np.ndarray:
    """Local rotations [T, 2, 15, 3, 3] in SMPL-H order from shapes [T, 2, 20]."""
    out = np.empty((len(shapes), 2, 15, 3, 3))
    for side, sign in enumerate(SIGN):
        # In the hand's rest axes fingers point along sign * x, the thumb lies at +z, the palm looks to -y.
        aside = np.array([0.0, -sign, 0.0])
        for finger in range(5):
            axis = np.array([0.0, 0.0, -sign]) if finger else _thumb_axis(sign)
            for k in range(3):
                matrix = about(axis, shapes[:, side, 3 * finger + k])
                if k == 0:
                    matrix = compose(about(aside, shapes[:, side, 15 + finger]), matrix)
                out[:, side, FINGER_SLOTS[side, 3 * finger + k]] = matrix
    return out


def _thumb_axis(sign: float) -> np.ndarray:
    """The thumb bends about the axis square to its own direction and to where its tip goes: into the palm, across it."""
    direction = np.array([0.70 * sign, -0.36, 0.62])
    return unit(np.cross(direction, np.array([0.3 * sign, -0.5, -0.8])))


def chains(bones: Skeleton, shapes: np.ndarray, side: int) -> np.ndarray:
    """Finger joints and tips [S, 5, 4, 3] in the palm frame, for shapes [S, 20] of one hand."""
    both = np.zeros((len(shapes), 2, CHANNELS))
    both[:, side] = shapes
    local = rotations(both)[:, side]
    points = np.empty((len(shapes), 5, 4, 3))
    for finger in range(5):
        turned = np.eye(3)
        at = np.zeros((len(shapes), 3))
        for k in range(3):
            at = at + turned @ bones.offsets[FINGER_JOINTS[side, 3 * finger + k]]
            turned = turned @ local[:, FINGER_SLOTS[side, 3 * finger + k]]
            points[:, finger, k] = at
        points[:, finger, 3] = at + turned @ bones.tips[side, finger]
    T_wrist_palm = bones.palm[side]
    return (points - T_wrist_palm[:3, 3]) @ T_wrist_palm[:3, :3]


def grasp(bones: Skeleton, side: int, T_thing_palm: np.ndarray, corners: np.ndarray, levels: int = 24) -> np.ndarray:
    """Shape [20] of a hand closed on a thing: each finger bends until it touches.

    Args:
        T_thing_palm: [4, 4] grip of this hand. corners: [B, 2, 3] boxes of the thing.
    """
    closing = np.linspace(0, 1, levels)
    shapes = OPEN + closing[:, None] * (FIST - OPEN)
    points = chains(bones, shapes, side)
    # Points along the two outer bones, where fingers meet what they hold.
    share = np.array([0.0, 0.5, 1.0])[:, None]
    outer = np.concatenate([points[:, :, k, None] * (1 - share) + points[:, :, k + 1, None] * share for k in (1, 2)], 2)
    free = solids.distance(outer @ T_thing_palm[:3, :3].T + T_thing_palm[:3, 3], corners) > SKIN
    touched = np.asarray(~free.all(-1))
    touched[-1] = True
    level = np.maximum(touched.argmax(0) - 1, 0)  # [5] the last level at which a finger is free
    out = np.array(OPEN)
    for finger in range(5):
        channels = [3 * finger, 3 * finger + 1, 3 * finger + 2, 15 + finger]
        out[channels] = shapes[level[finger], channels]
    return out
