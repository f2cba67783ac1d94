"""Contact of the body with the world, from geometry: soles on the floor, hands on things."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.episode import geometry
from xperience.episode.skeletons import BODY_JOINTS, HAND_CONTACT_CHANNELS
from xperience.simulate.motion import solids
from xperience.simulate.motion.gait import DOWN
from xperience.simulate.motion.skeleton import SIDES, Skeleton

TIP_REACH, PALM_REACH = 0.012, 0.026
"""A finger tip or the middle of a palm nearer to a thing than this touches it: half its thickness and 4 to 6 mm."""

_ANKLES = [BODY_JOINTS.index(f"{side}_ankle") - 1 for side in SIDES]
_BALLS = [BODY_JOINTS.index(f"{side}_foot") - 1 for side in SIDES]


def contacts(
    bones: Skeleton, feet: np.ndarray, tips: np.ndarray, palms: np.ndarray, things: np.ndarray,
    boxes: Sequence[np.ndarray], held_by: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """[T, 21] 0 or 1 for body joints 1..21.

    Args:
        feet: [T, 2, 5] foot tracks. tips: [T, 2, 5, 3] finger tips. palms: [T, 2, 4, 4]. things: [T, K, 4, 4] poses and
            `boxes` their K shapes. held_by: [T, K].
    """
    out = np.zeros((len(feet), 21))
    for side in range(2):
        ball = feet[:, side, 2]
        heel = ball + (bones.offsets[10 + side, 2] - bones.heel) * np.sin(feet[:, side, 4])
        out[:, _ANKLES[side]] = heel < DOWN
        out[:, _BALLS[side]] = ball < DOWN
    touching = hands_on_things(tips, palms[..., :3, 3], things, boxes)
    for side in range(2):
        holding = (held_by == side + 1).any(1)
        out[:, HAND_CONTACT_CHANNELS[side]] = holding | touching[:, side]
    return out


def hands_on_things(tips: np.ndarray, palms: np.ndarray, things: np.ndarray, boxes: Sequence[np.ndarray]) -> np.ndarray:
    """[T, 2] bool: whether a finger tip or the palm [T, 2, 3] of a hand touches any thing."""
    points = np.concatenate([tips, palms[:, :, None]], 2).reshape(len(tips), 12, 3)
    reach = np.array([*(5 * [TIP_REACH]), PALM_REACH] * 2)
    out = np.zeros((len(tips), 12), bool)
    if len(tips) == 0:
        return np.zeros((0, 2), bool)
    low, high = points.min((0, 1)), points.max((0, 1))
    for k, corners in enumerate(boxes):
        if len(corners) == 0:
            continue
        radius = float(np.linalg.norm(np.abs(corners).max((0, 1)))) + PALM_REACH
        origin = things[:, k, :3, 3]
        near = ((origin > low - radius) & (origin < high + radius)).all(1)
        if not near.any():
            continue
        local = geometry.apply(geometry.invert(things[near, k]), points[near])
        out[near] |= solids.distance(local, corners) < reach
    return np.asarray(out.reshape(len(tips), 2, 6).any(-1))
