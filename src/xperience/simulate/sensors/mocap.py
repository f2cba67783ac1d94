"""Hands and body as motion capture would store them: hands in the left rectified camera, the body in the world."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.episode.layout import HAND_SIDES
from xperience.simulate.things import Person
from xperience.simulate.world import Motion

HAND_BETAS = 10


def hands(motion: Motion, T_camera_world: np.ndarray, person: Person) -> dict[str, np.ndarray]:
    """Datasets of hand_mocap.

    Args:
        T_camera_world: [N, 4, 4] world to left rectified camera.
    """
    out = {}
    betas = np.resize(np.asarray(person.betas, np.float64), HAND_BETAS)
    for s, side in enumerate(HAND_SIDES):
        joints = geometry.apply(T_camera_world, motion.hand_joints[:, s])
        name = f"hand_mocap/{side}_"
        out[name + "joints_3d"] = joints
        out[name + "translation"] = joints[:, 0]
        out[name + "mano_hand_pose"] = motion.finger_rotations[:, s]
        out[name + "mano_hand_global_orient"] = palm_orientation(joints)
        out[name + "mano_hand_betas"] = np.broadcast_to(betas, (len(joints), HAND_BETAS))
    return out


def palm_orientation(joints: np.ndarray) -> np.ndarray:
    """[N, 3, 3] axes of the palm: x from the wrist to the middle knuckle, z across it by index and little knuckles.

    Args:
        joints: [N, 21, 3].
    """
    wrist, index, middle, little = (joints[:, k] for k in (0, 5, 9, 17))
    x = _unit(middle - wrist)
    z = _unit(np.cross(x, np.cross(index - wrist, little - wrist)))
    return np.stack([x, np.cross(z, x), z], -1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def body(motion: Motion, shift: np.ndarray, person: Person) -> dict[str, np.ndarray]:
    """Datasets of full_body_mocap.

    Args:
        shift: [3] from the scenario's world to that of the recording.
    """
    n = len(motion.joints)
    out = {
        "keypoints": motion.joints + shift,
        "contacts": motion.contacts,
        "body_quats": geometry.matrix_to_quat(motion.body_rotations),
        "betas": np.broadcast_to(person.betas, (n, 16)),
        "frame_nums": np.arange(n),
    }
    for key, poses in (("Ts_world_root", motion.T_world_root), ("Ts_world_cpf", motion.T_world_cpf)):
        out[key] = geometry.matrix_to_pose7(moved(poses, shift))
    for s, side in enumerate(HAND_SIDES):
        out[f"{side}_hand_quats"] = geometry.matrix_to_quat(motion.finger_rotations[:, s])
    return {f"full_body_mocap/{key}": value for key, value in out.items()}


def moved(poses: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """T [..., 4, 4] in a world whose origin lies at -shift."""
    out = np.array(poses, np.float64)
    out[..., :3, 3] += shift
    return out
