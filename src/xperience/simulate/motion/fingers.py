"""Finger shapes: flexion of fifteen joints and spread of five fingers, and the rotations they stand for.

A shape is [20]: flexion of the joints of thumb, index, middle, ring and little finger, base to tip, then the sideways
angle of each finger at its base, towards the thumb, radians.
"""

from __future__ import annotations

import numpy as np

from xperience.simulate.motion.rotations import about, compose, unit
from xperience.simulate.motion.skeleton import FINGER_SLOTS, SIGN


def shape(thumb: tuple[float, float, float], base: float, middle: float, tip: float, spread: float = 0.0) -> np.ndarray:
    """The same flexion for four fingers, and a thumb."""
    flexion = [*thumb, *(4 * [base, middle, tip])]
    return np.array([*flexion, 0.0, *(spread * np.array([1.0, 0.2, -0.6, -1.3]))])


RELAXED = shape((0.1, 0.15, 0.2), 0.35, 0.45, 0.25)
OPEN = shape((-0.15, 0.0, 0.05), 0.12, 0.18, 0.1, 0.08)
FLAT = shape((0.0, 0.05, 0.05), 0.05, 0.05, 0.03)
FIST = shape((0.35, 0.55, 0.55), 1.25, 1.35, 0.8)


def rotations(shapes: np.ndarray) -> np.ndarray:
    """Local rotations [T, 2, 15, 3, 3] in SMPL-H order from shapes [T, 2, 20]."""
    out = np.empty((len(shapes), 2, 15, 3, 3))
    for side, sign in enumerate(SIGN):
        # In the hand's rest axes fingers point along sign * x, the thumb lies at +z, the palm looks to -y.
        bend = np.array([0.0, 0.0, -sign])
        aside = np.array([0.0, -sign, 0.0])
        for finger in range(5):
            axis = bend if finger else _thumb_axis(sign)
            for k in range(3):
                matrix = about(axis, shapes[:, side, 3 * finger + k])
                if k == 0:
                    matrix = compose(about(aside, shapes[:, side, 15 + finger]), matrix)
                out[:, side, FINGER_SLOTS[side, 3 * finger + k]] = matrix
    return out


def _thumb_axis(sign: float) -> np.ndarray:
    """The thumb bends across the palm: about an axis square to it, between the palm's normal and the fingers' bend."""
    direction = unit(np.array([0.70 * sign, -0.36, 0.62]))
    across = np.array([0.3 * sign, -0.5, -0.8])  # where its tip goes
    return unit(np.cross(direction, across))
