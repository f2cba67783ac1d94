"""The wearer's visible body: capsules along the bones of the body and of both hands.

Head and headset are not drawn, since the cameras sit on them. Every capsule keeps its faces from frame to frame;
only its corners move.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xperience.episode import skeletons
from xperience.simulate.render.meshes import face_table
from xperience.simulate.things import Person
from xperience.simulate.truth import BODY, LEFT_HAND, RIGHT_HAND
from xperience.simulate.world import Motion

LIMB_SIDES, FINGER_SIDES = 9, 6
"""Corners around a capsule."""
_SHOE = (0.16, 0.14, 0.13)

_FINGER_RADII = ((0.0125, 0.0115, 0.0105), (0.0095, 0.0085, 0.0078), (0.0098, 0.0088, 0.0080),
                 (0.0092, 0.0083, 0.0075), (0.0082, 0.0073, 0.0066))  # fmt: skip
"""By finger from thumb to little: half thickness of its three bones, metres; a grown hand's fingers are 15 to 20 mm thick."""

_JOINT = {name: k for k, name in enumerate(skeletons.SMPLH_JOINTS)}


@dataclass(frozen=True)
class Bone:
    """A capsule between two points, each a weighted sum of joints.

    Attributes:
        start, end: [J] weights on the joints (52 of the body, then 21 of the left and 21 of the right hand).
        radii: at start and end, metres.
    """

    start: np.ndarray
    end: np.ndarray
    radii: tuple[float, float]
    color: tuple[float, float, float]
    label: int


def _point(*terms: tuple[int, float]) -> np.ndarray:
    weights = np.zeros(52 + 42)
    for joint, weight in terms:
        weights[joint] += weight
    return weights


def _body(person: Person) -> list[Bone]:
    scale = person.height / 1.75
    bones = []

    def add(start: np.ndarray, end: np.ndarray, radii: tuple[float, float], color: tuple[float, float, float]) -> None:
        bones.append(Bone(start, end, (radii[0] * scale, radii[1] * scale), color, BODY))

    for side in ("left", "right"):
        hip, knee, ankle, foot, shoulder, elbow, wrist = (
            _JOINT[f"{side}_{part}"] for part in ("hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist")
        )
        add(_point((hip, 1)), _point((knee, 1)), (0.085, 0.060), person.trousers)
        add(_point((knee, 1)), _point((ankle, 1)), (0.060, 0.045), person.trousers)
        add(_point((ankle, 1)), _point((foot, 1)), (0.045, 0.040), _SHOE)
        add(_point((shoulder, 1)), _point((elbow, 1)), (0.056, 0.047), person.sleeve)
        cuff = _point((elbow, 0.2), (wrist, 0.8))
        add(_point((elbow, 1)), cuff, (0.047, 0.038), person.sleeve)
        add(cuff, _point((wrist, 1)), (0.029, 0.026), person.skin)
        # Half of the torso: hip to the inner shoulder.
        chest = _point((_JOINT["spine3"], 0.45), (shoulder, 0.55))
        add(_point((_JOINT["pelvis"], 0.1), (hip, 0.9)), chest, (0.110, 0.095), person.sleeve)
        add(chest, _point((shoulder, 1)), (0.085, 0.060), person.sleeve)
    add(_point((_JOINT["pelvis"], 1)), _point((_JOINT["spine3"], 1)), (0.12, 0.11), person.sleeve)
    return bones


def _hand(person: Person, side: int) -> list[Bone]:
    scale = person.height / 1.75
    base, label = 52 + 21 * side, (LEFT_HAND, RIGHT_HAND)[side]
    wrist = _point((base, 1))
    bones = []

    def add(start: np.ndarray, end: np.ndarray, radii: tuple[float, float]) -> None:
        bones.append(Bone(start, end, (radii[0] * scale, radii[1] * scale), person.skin, label))

    knuckles = [_point((base + 4 * finger + 1, 1)) for finger in range(5)]
    add(wrist, knuckles[0], (0.020, 0.014))
    for finger in range(1, 5):
        add(wrist, knuckles[finger], (0.018, 0.0125))
    for first, second in pairwise(knuckles[1:]):
        add(first, second, (0.0115, 0.0115))
    for finger, radii in enumerate(_FINGER_RADII):
        for k in range(3):
            joint = base + 4 * finger + 1 + k
            add(_point((joint, 1)), _point((joint + 1, 1)), (radii[k], radii[min(k + 1, 2)]))
    return bones


def _capsule(sides: int, closed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit capsule along z: corner directions [V, 3], which end each belongs to [V] (0 or 1), faces [F, 3].

    Args:
        closed: whether it has a round start too; bones that start inside another's end do without.
    """
    around = 2 * np.pi * np.arange(sides) / sides
    circle = np.stack([np.cos(around), np.sin(around), np.zeros(sides)], 1)
    pole, slant = np.array([[0.0, 0.0, 1.0]]), np.sqrt(0.5)
    rings = [circle, circle, slant * (circle + pole)]
    ends = [0, 1, 1]
    if closed:
        rings.insert(0, slant * (circle - pole))
        ends.insert(0, 0)
    directions = np.concatenate([*rings, pole, -pole])
    at = np.concatenate([np.repeat(ends, sides), [1, 0]])
    top = len(rings) * sides
    faces = []
    for k in range(sides):
        after = (k + 1) % sides
        for ring in range(len(rings) - 1):
            a, b = ring * sides + k, ring * sides + after
            faces += [(a, b, b + sides), (a, b + sides, a + sides)]
        faces.append((top - sides + k, top - sides + after, top))
        if closed:
            faces.append((top + 1, after, k))
    return directions, at, np.array(faces, np.int32)


class Body:
    """The capsules of one person.

    Attributes:
        faces: [F, 3] int32 of all capsules. table: their colours and labels.
    """

    def __init__(self, person: Person) -> None:
        self._groups = []
        faces, tables, start = [], [], 0
        hands = [*_hand(person, 0), *_hand(person, 1)]
        for group in (_Capsules(LIMB_SIDES, True, _body(person)), _Capsules(FINGER_SIDES, False, hands)):
            self._groups.append(group)
            faces.append(group.faces + start)
            tables.append(group.table)
            start += group.corners
        self.faces = np.concatenate(faces)
        self.table = np.concatenate(tables)

    def pose(self, motion: Motion, frames: slice) -> tuple[np.ndarray, np.ndarray]:
        """Corners [n, V, 3] float32 at some instants of the motion, in the world, and the smooth normals there."""
        hands = motion.hand_joints[frames]
        joints = np.concatenate([motion.joints[frames], hands.reshape(len(hands), -1, 3)], 1)
        posed = [group.pose(joints) for group in self._groups]
        corners, normals = (np.concatenate(arrays, 1) for arrays in zip(*posed, strict=True))
        return corners, normals


class _Capsules:
    """Capsules of one fineness: [F, 3] faces of all, and the number of their corners."""

    def __init__(self, sides: int, closed: bool, bones: list[Bone]) -> None:
        self._weights = np.stack([[bone.start, bone.end] for bone in bones])  # [B, 2, J]
        self._radii = np.array([bone.radii for bone in bones])
        self._directions, self._ends, faces = _capsule(sides, closed)
        count = len(self._directions)
        self.corners = count * len(bones)
        self.faces = np.concatenate([faces + count * k for k in range(len(bones))])
        unit = self._directions * 0.05 + self._ends[:, None] * [0, 0, 0.2]
        tables = [face_table(unit, faces, bone.color, "plain", 0.15, bone.label) for bone in bones]
        self.table = np.concatenate(tables)

    def pose(self, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Corners and normals [n, V, 3] float32 from joints [n, J, 3]."""
        points = np.einsum("bej,njx->nbex", self._weights, joints, optimize=True)  # both ends of each bone
        along = points[:, :, 1] - points[:, :, 0]
        z = along / np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
        helper = np.where(np.abs(z[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
        x = np.cross(helper, z)
        x /= np.linalg.norm(x, axis=2, keepdims=True)
        frames = np.stack([x, np.cross(z, x), z], 2).astype(np.float32)  # [n, B, 3, 3], rows are axes
        normals = self._directions.astype(np.float32) @ frames
        corners = points.astype(np.float32)[:, :, self._ends]
        corners = corners + self._radii.astype(np.float32)[:, self._ends, None] * normals
        return corners.reshape(len(joints), -1, 3), normals.reshape(len(joints), -1, 3)
