"""Two-bone limbs in closed form: where the middle joint goes, and the frames of the two bones."""

from __future__ import annotations

import numpy as np

from xperience.simulate.motion.curves import soft_limit
from xperience.simulate.motion.rotations import unit


def two_bone(
    root: np.ndarray, target: np.ndarray, pole: np.ndarray, upper: float, lower: float, knee: float = 0.985
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle joint [T, 3], end [T, 3] and unit bending direction [T, 3] of a limb from `root` towards `target`.

    Up to `knee` of the limb's length the end is the target; beyond, it stops short on the same line, smoothly.

    Args:
        pole: [T, 3] direction to which the middle joint points. upper, lower: bone lengths.
    """
    reach = upper + lower
    line = target - root
    distance = np.linalg.norm(line, axis=-1, keepdims=True)
    direction = line / np.maximum(distance, 1e-9)
    length = soft_limit(distance, knee * reach, 0.9995 * reach)
    nearest = abs(upper - lower) + 0.3 * min(upper, lower)
    length = reach - soft_limit(reach - length, reach - 1.5 * nearest, reach - nearest)
    along = (upper**2 - lower**2 + length**2) / (2 * length)
    height = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    aside = unit(pole - (pole * direction).sum(-1, keepdims=True) * direction)
    return root + along * direction + height * aside, root + length * direction, aside


def bone_rotation(bone: np.ndarray, normal: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """World rotations [T, 3, 3] of a bone.

    Args:
        bone: [T, 3] its direction now. normal: [T, 3] unit axis of the hinge, perpendicular to it.
        rest: [3, 3] columns (bone, hinge, third) of the same frame in the rest pose.
    """
    x = unit(bone)
    frame = np.stack([x, normal, np.cross(x, normal)], -1)
    return frame @ rest.T
