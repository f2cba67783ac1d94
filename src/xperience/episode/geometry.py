"""Rotations and rigid transforms: the one place where conversions live.

Conventions. `T_a_b` [..., 4, 4] takes b coordinates to a. Quaternions are wxyz, Hamilton, unit length; R(q)
rotates column vectors. Metres, radians.
"""

from __future__ import annotations

import numpy as np


def quat_to_matrix(quat: np.ndarray) -> np.ndarray:
    """[..., 4] wxyz (normalised here) to rotation matrices [..., 3, 3]."""
    quat = np.asarray(quat, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        w, x, y, z = np.moveaxis(quat / np.linalg.norm(quat, axis=-1, keepdims=True), -1, 0)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(rows, -1).reshape(*quat.shape[:-1], 3, 3)


def is_rotation(quat: np.ndarray) -> np.ndarray:
    """[..., 4] to [...]: finite and long enough to be normalised. A stored all-zero quaternion is no rotation."""
    return np.isfinite(quat).all(-1) & (np.abs(quat).max(-1, initial=0.0) > 0.05)


def matrix_to_quat(matrix: np.ndarray) -> np.ndarray:
    """Rotation matrices [..., 3, 3] to wxyz [..., 4] with w >= 0 (Shepperd 1978, largest component first)."""
    m = np.asarray(matrix, np.float64)
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    # Four times each product of components; the column of the largest diagonal is the best conditioned.
    outer = np.empty((*m.shape[:-2], 4, 4))
    outer[..., 0, 0] = 1 + m00 + m11 + m22
    outer[..., 1, 1] = 1 + m00 - m11 - m22
    outer[..., 2, 2] = 1 - m00 + m11 - m22
    outer[..., 3, 3] = 1 - m00 - m11 + m22
    outer[..., 0, 1] = outer[..., 1, 0] = m[..., 2, 1] - m[..., 1, 2]
    outer[..., 0, 2] = outer[..., 2, 0] = m[..., 0, 2] - m[..., 2, 0]
    outer[..., 0, 3] = outer[..., 3, 0] = m[..., 1, 0] - m[..., 0, 1]
    outer[..., 1, 2] = outer[..., 2, 1] = m[..., 1, 0] + m[..., 0, 1]
    outer[..., 1, 3] = outer[..., 3, 1] = m[..., 0, 2] + m[..., 2, 0]
    outer[..., 2, 3] = outer[..., 3, 2] = m[..., 2, 1] + m[..., 1, 2]
    best = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    quat = np.take_along_axis(outer, best[..., None, None], axis=-2)[..., 0, :]
    quat = quat / np.linalg.norm(quat, axis=-1, keepdims=True)
    return np.where(quat[..., :1] < 0, -quat, quat)


def quat_multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton product of wxyz quaternions: R(a * b) = R(a) R(b)."""
    aw, ax, ay, az = np.moveaxis(np.asarray(a, np.float64), -1, 0)
    bw, bx, by, bz = np.moveaxis(np.asarray(b, np.float64), -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        -1,
    )


def quat_conjugate(quat: np.ndarray) -> np.ndarray:
    return np.asarray(quat) * np.array([1.0, -1.0, -1.0, -1.0])


def rotvec_to_matrix(rotvec: np.ndarray) -> np.ndarray:
    """Axis-angle [..., 3] to matrices [..., 3, 3] (Rodrigues)."""
    rotvec = np.asarray(rotvec, np.float64)
    angle = np.linalg.norm(rotvec, axis=-1)[..., None, None]
    k = skew(rotvec)
    small = angle < 1e-6
    safe = np.where(small, 1.0, angle)
    a = np.where(small, 1 - angle**2 / 6, np.sin(safe) / safe)
    b = np.where(small, 0.5 - angle**2 / 24, (1 - np.cos(safe)) / safe**2)
    return np.eye(3) + a * k + b * (k @ k)


def matrix_to_rotvec(matrix: np.ndarray) -> np.ndarray:
    """Matrices [..., 3, 3] to axis-angle [..., 3], angle in [0, pi]."""
    quat = matrix_to_quat(matrix)
    vector = quat[..., 1:]
    sine = np.linalg.norm(vector, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quat[..., :1])
    return np.where(sine < 1e-9, 2 * vector, vector * angle / np.where(sine < 1e-9, 1.0, sine))


def skew(vector: np.ndarray) -> np.ndarray:
    """[..., 3] to the cross-product matrices [..., 3, 3]."""
    x, y, z = np.moveaxis(np.asarray(vector, np.float64), -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*x.shape, 3, 3)


def matrix_to_rot6d(matrix: np.ndarray) -> np.ndarray:
    """First two columns [..., 6] (Zhou et al. 2019, "On the Continuity of Rotation Representations")."""
    matrix = np.asarray(matrix)
    return np.concatenate([matrix[..., :, 0], matrix[..., :, 1]], axis=-1)


def rot6d_to_matrix(rot6d: np.ndarray) -> np.ndarray:
    """Gram-Schmidt of the two columns in [..., 6]."""
    a, b = np.asarray(rot6d)[..., :3], np.asarray(rot6d)[..., 3:]
    x = a / np.linalg.norm(a, axis=-1, keepdims=True)
    b = b - (x * b).sum(-1, keepdims=True) * x
    y = b / np.linalg.norm(b, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def transform(rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """R [..., 3, 3] and t [..., 3] to T [..., 4, 4]."""
    rotation, translation = np.asarray(rotation, np.float64), np.asarray(translation, np.float64)
    out = np.zeros((*np.broadcast_shapes(rotation.shape[:-2], translation.shape[:-1]), 4, 4))
    out[..., :3, :3] = rotation
    out[..., :3, 3] = translation
    out[..., 3, 3] = 1
    return out


def invert(matrix: np.ndarray) -> np.ndarray:
    """Inverse of rigid transforms [..., 4, 4]."""
    rotation = np.swapaxes(matrix[..., :3, :3], -1, -2)
    return transform(rotation, -(rotation @ matrix[..., :3, 3, None])[..., 0])


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """T [..., 4, 4] applied to points [..., K, 3]."""
    return points @ np.swapaxes(matrix[..., :3, :3], -1, -2) + matrix[..., None, :3, 3]


def pose7_to_matrix(pose: np.ndarray) -> np.ndarray:
    """[..., 7] (qw qx qy qz tx ty tz) to T [..., 4, 4]."""
    return transform(quat_to_matrix(pose[..., :4]), pose[..., 4:])


def matrix_to_pose7(matrix: np.ndarray) -> np.ndarray:
    """T [..., 4, 4] to [..., 7] (qw qx qy qz tx ty tz)."""
    return np.concatenate([matrix_to_quat(matrix[..., :3, :3]), matrix[..., :3, 3]], axis=-1)
