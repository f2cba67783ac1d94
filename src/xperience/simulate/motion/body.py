"""The whole body at any instants: tracks of the trunk, feet and palms become rotations of 52 joints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xperience.episode import geometry
from xperience.episode.skeletons import SMPLH_JOINTS
from xperience.simulate.motion import fingers, limbs, skeleton
from xperience.simulate.motion.rotations import about, compose, from_angles, rotate, transpose, unit
from xperience.simulate.motion.skeleton import SIDES, SIGN, WORLD_FROM_SMPL, Skeleton

HEADSET_FROM_HEAD = np.diag([-1.0, -1.0, 1.0])
"""Axes of the headset (right, down, forward) in those of the head joint (left, up, forward)."""

_J = {name: k for k, name in enumerate(SMPLH_JOINTS)}
_PRONATION = 0.8
"""Share of the forearm's twist that the elbow joint takes (at small angles); the wrist takes the rest."""


@dataclass(frozen=True)
class Trunk:
    """Joints from the pelvis up at T instants by name: world rotations and positions, and local rotations."""

    rotation: dict[str, np.ndarray]
    position: dict[str, np.ndarray]
    local: dict[str, np.ndarray]


@dataclass(frozen=True)
class Pose:
    """The body at T instants; fields as in `world.Motion`, and the palms T_world_palm [T, 2, 4, 4]."""

    T_world_root: np.ndarray
    joints: np.ndarray
    turned: np.ndarray
    body_rotations: np.ndarray
    finger_rotations: np.ndarray
    hand_joints: np.ndarray
    palms: np.ndarray


def spine(bones: Skeleton, tracks: Mapping[str, np.ndarray]) -> Trunk:
    """Pelvis and spine.

    Args:
        tracks: `root` [T, 3] pelvis position; `lean` [T, 3] its heading, pitch and roll; `spine` [T, 3] rotation vector
            shared evenly by the three spine joints.
    """
    rotation = {"pelvis": compose(from_angles(*tracks["lean"].T), WORLD_FROM_SMPL)}
    position = {"pelvis": tracks["root"]}
    third = geometry.rotvec_to_matrix(tracks["spine"] / 3)
    parent = "pelvis"
    for joint in ("spine1", "spine2", "spine3"):
        position[joint] = position[parent] + rotation[parent] @ bones.offsets[_J[joint]]
        rotation[joint] = compose(rotation[parent], third)
        parent = joint
    return Trunk(rotation, position, {"spine1": third, "spine2": third, "spine3": third})


def trunk(bones: Skeleton, tracks: Mapping[str, np.ndarray]) -> Trunk:
    """Pelvis to head.

    Args:
        tracks: those of `spine`; `head` [T, 3] heading, pitch and roll of the head in the world.
    """
    body = spine(bones, tracks)
    rotation, position = body.rotation, body.position
    head = compose(from_angles(*tracks["head"].T), WORLD_FROM_SMPL)
    half = geometry.rotvec_to_matrix(0.5 * geometry.matrix_to_rotvec(compose(transpose(rotation["spine3"]), head)))
    rotation["neck"] = compose(rotation["spine3"], half)
    rotation["head"] = head
    position["neck"] = position["spine3"] + rotation["spine3"] @ bones.offsets[_J["neck"]]
    position["head"] = position["neck"] + rotation["neck"] @ bones.offsets[_J["head"]]
    return Trunk(rotation, position, {**body.local, "neck": half, "head": half})


def shoulders(bones: Skeleton, body: Trunk) -> np.ndarray:
    """[T, 2, 3] shoulder joints with the collars at rest."""
    chest = body.rotation["spine3"]
    sides = [bones.offsets[_J[f"{side}_collar"]] + bones.offsets[_J[f"{side}_shoulder"]] for side in SIDES]
    return np.stack([body.position["spine3"] + chest @ offset for offset in sides], 1)


def headset(bones: Skeleton, body: Trunk) -> np.ndarray:
    """T_world_body [T, 4, 4]."""
    head = body.rotation["head"]
    return geometry.transform(head @ HEADSET_FROM_HEAD, body.position["head"] + head @ bones.headset)


def pupils(bones: Skeleton, body: Trunk) -> np.ndarray:
    """T_world_cpf [T, 4, 4]: origin midway between the pupils, x to the person's left, y up, z forward."""
    head = body.rotation["head"]
    return geometry.transform(head, body.position["head"] + head @ bones.eyes)


def pose(bones: Skeleton, tracks: Mapping[str, np.ndarray], body: Trunk) -> Pose:
    """All joints.

    Args:
        tracks: those of `trunk`; `feet` [T, 2, 5] of `gait.Gait`; `palm` [T, 2, 3] and `palm_quat` [T, 2, 4] where the
            palms are to be; `fingers` [T, 2, F] of `fingers`.
    """
    count = len(tracks["root"])
    local = np.empty((count, 21, 3, 3))
    for joint, matrix in body.local.items():
        local[:, _J[joint] - 1] = matrix
    for side in range(2):
        _leg(bones, side, tracks, body, local)
        _arm(bones, side, tracks, body, local)
    finger_rotations = fingers.rotations(tracks["fingers"])
    T_world_root = geometry.transform(body.rotation["pelvis"], body.position["pelvis"])
    joints, turned = skeleton.forward_kinematics(bones, T_world_root, local, finger_rotations)
    wrists = geometry.transform(turned[:, 20:22], joints[:, 20:22])
    hands = skeleton.hand_joints(bones, joints, turned)
    return Pose(T_world_root, joints, turned, local, finger_rotations, hands, wrists @ bones.palm)


def foot_frames(bones: Skeleton, side: int, feet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ankle position [T, 3] and rotation [T, 3, 3] of one foot from its track [T, 5]."""
    rotation = compose(from_angles(feet[:, 3], feet[:, 4], np.zeros(len(feet))), WORLD_FROM_SMPL)
    ball = feet[:, :3] + [0.0, 0.0, bones.sole[1]]
    return ball - rotation @ bones.offsets[_J[f"{SIDES[side]}_foot"]], rotation


def _leg(bones: Skeleton, side: int, tracks: Mapping[str, np.ndarray], body: Trunk, local: np.ndarray) -> None:
    name = SIDES[side]
    pelvis = body.rotation["pelvis"]
    hip = body.position["pelvis"] + pelvis @ bones.offsets[_J[f"{name}_hip"]]
    ankle, foot = foot_frames(bones, side, tracks["feet"][:, side])
    # Knees point between where the foot and the pelvis point, a little outwards.
    pole = foot[..., 2] + pelvis[..., 2] + 0.15 * SIGN[side] * pelvis[..., 0]
    upper, lower = bones.length(f"{name}_knee"), bones.length(f"{name}_ankle")
    knee, end, aside = limbs.two_bone(hip, ankle, pole, upper, lower, knee=0.997)
    hinge = np.cross(unit(end - hip), aside)
    thigh = limbs.bone_rotation(knee - hip, hinge, _leg_rest(bones, f"{name}_knee"))
    shank = limbs.bone_rotation(end - knee, hinge, _leg_rest(bones, f"{name}_ankle"))
    local[:, _J[f"{name}_hip"] - 1] = compose(transpose(pelvis), thigh)
    local[:, _J[f"{name}_knee"] - 1] = compose(transpose(thigh), shank)
    local[:, _J[f"{name}_ankle"] - 1] = compose(transpose(shank), foot)
    # Toes stay on the floor while the heel is up.
    local[:, _J[f"{name}_foot"] - 1] = about(np.array([1.0, 0.0, 0.0]), -0.7 * tracks["feet"][:, side, 4])


def _leg_rest(bones: Skeleton, joint: str) -> np.ndarray:
    """Rest frame [3, 3] of a leg's bone: it points down, and the knee bends about the axis to the right."""
    bone, hinge = unit(bones.offsets[_J[joint]]), np.array([-1.0, 0.0, 0.0])
    return np.stack([bone, hinge, np.cross(bone, hinge)], -1)


def _arm(bones: Skeleton, side: int, tracks: Mapping[str, np.ndarray], body: Trunk, local: np.ndarray) -> None:
    name, sign = SIDES[side], SIGN[side]
    chest = body.rotation["spine3"]
    T_wrist_palm = bones.palm[side]
    wrist = compose(geometry.quat_to_matrix(tracks["palm_quat"][:, side]), T_wrist_palm[:3, :3].T)
    target = tracks["palm"][:, side] - wrist @ T_wrist_palm[:3, 3]
    upper, lower = bones.length(f"{name}_elbow"), bones.length(f"{name}_wrist")

    collar_at = body.position["spine3"] + chest @ bones.offsets[_J[f"{name}_collar"]]
    collar = collar_rotation(bones, side, rotate(transpose(chest), target - collar_at), upper + lower)
    girdle = compose(chest, collar)
    shoulder = collar_at + girdle @ bones.offsets[_J[f"{name}_shoulder"]]

    # The elbow hangs down, out and back, and follows the direction that the hand comes from.
    pole = chest @ np.array([0.55 * sign, -0.75, -0.35]) - 0.5 * wrist @ T_wrist_palm[:3, 0]
    elbow, end, aside = limbs.two_bone(shoulder, target, pole, upper, lower)
    hinge = sign * np.cross(unit(end - shoulder), aside)
    along = np.array([sign, 0.0, 0.0])
    rest = np.stack([along, [0.0, 1.0, 0.0], np.cross(along, [0.0, 1.0, 0.0])], -1)
    upper_arm = limbs.bone_rotation(elbow - shoulder, hinge, rest)
    forearm = limbs.bone_rotation(end - elbow, hinge, rest)
    relative = geometry.matrix_to_quat(compose(transpose(forearm), wrist))
    twist = 2 * np.arctan2(relative[:, 1] * sign, relative[:, 0])
    # The sine makes the share vanish at half a turn, where the twist changes sign.
    forearm = compose(forearm, about(along, _PRONATION * np.sin(twist)))
    local[:, _J[f"{name}_collar"] - 1] = collar
    local[:, _J[f"{name}_shoulder"] - 1] = compose(transpose(girdle), upper_arm)
    local[:, _J[f"{name}_elbow"] - 1] = compose(transpose(upper_arm), forearm)
    local[:, _J[f"{name}_wrist"] - 1] = compose(transpose(forearm), wrist)


def collar_rotation(bones: Skeleton, side: int, target: np.ndarray, arm: float) -> np.ndarray:
    """Collar rotations [T, 3, 3] that bring the shoulder towards a far wrist.

    Args:
        target: [T, 3] wrist from the collar joint, in chest axes. arm: length of the arm.
    """
    bone = unit(bones.offsets[_J[f"{SIDES[side]}_shoulder"]])
    distance = np.linalg.norm(target, axis=-1, keepdims=True)
    share = 0.15 + 0.25 * np.tanh(np.maximum(distance / arm - 0.7, 0) ** 2 * 12)
    return geometry.rotvec_to_matrix(share * np.cross(bone, target / np.maximum(distance, 1e-6)))
