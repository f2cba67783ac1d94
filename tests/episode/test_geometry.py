"""Rotations, rigid transforms, the clock and areas of pictures, by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from xperience.episode import Signal, geometry
from xperience.episode.clock import Clock, nearest
from xperience.episode.modalities.hands import in_world
from xperience.episode.modalities.imu import Imu
from xperience.episode.presence import tracked, usable
from xperience.episode.resample import area_average

HALF = math.sqrt(0.5)
ABOUT_X = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
ABOUT_Y = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
ABOUT_Z = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
"""Quarter turns: y goes to z, z to x, x to y."""


@pytest.mark.parametrize(
    ("quat", "matrix"),
    [
        ([1, 0, 0, 0], np.eye(3)),
        ([HALF, HALF, 0, 0], ABOUT_X),
        ([HALF, 0, HALF, 0], ABOUT_Y),
        ([HALF, 0, 0, HALF], ABOUT_Z),
        ([0.5, 0.5, 0.5, 0.5], ABOUT_Z @ ABOUT_X),
        ([3 * HALF, 0, 0, 3 * HALF], ABOUT_Z),
    ],
)
def test_quaternions_are_wxyz_and_turn_columns(quat: list[float], matrix: np.ndarray) -> None:
    assert np.allclose(geometry.quat_to_matrix(np.array(quat)), matrix)
    unit = np.array(quat) / np.linalg.norm(quat)
    assert np.allclose(geometry.matrix_to_quat(matrix), unit)
    assert np.allclose(geometry.matrix_to_quat(geometry.quat_to_matrix(-unit)), unit), "w is not negative"


def test_conversions_come_back_from_every_quarter() -> None:
    rng = np.random.default_rng(0)
    quat = rng.normal(size=(200, 4))
    quat[:40, 0] *= 1e-4  # near half turns each other component is the largest
    quat /= np.linalg.norm(quat, axis=1, keepdims=True)
    quat *= np.sign(quat[:, :1])
    quat[:3] = np.eye(4)[1:]  # half turns: w is 0
    matrix = geometry.quat_to_matrix(quat)
    assert np.allclose(matrix @ np.swapaxes(matrix, 1, 2), np.eye(3)) and np.allclose(np.linalg.det(matrix), 1)
    assert np.allclose(geometry.matrix_to_quat(matrix), quat, atol=1e-9)
    assert np.allclose(geometry.rotvec_to_matrix(geometry.matrix_to_rotvec(matrix)), matrix, atol=1e-9)
    assert np.allclose(geometry.rot6d_to_matrix(geometry.matrix_to_rot6d(matrix)), matrix)
    assert np.allclose(geometry.matrix_to_rot6d(ABOUT_Z), [0, 1, 0, -1, 0, 0]), "two columns"


def test_products_follow_matrices() -> None:
    rng = np.random.default_rng(1)
    a, b = (q / np.linalg.norm(q) for q in rng.normal(size=(2, 4)))
    product = geometry.quat_multiply(a, b)
    assert np.allclose(geometry.quat_to_matrix(product), geometry.quat_to_matrix(a) @ geometry.quat_to_matrix(b))
    i, j, k = np.eye(4)[1:]
    assert geometry.quat_multiply(i, j).tolist() == k.tolist() and geometry.quat_multiply(j, k).tolist() == i.tolist()
    assert np.allclose(geometry.quat_multiply(a, geometry.quat_conjugate(a)), [1, 0, 0, 0])


def test_axis_angles_are_radians_about_the_axis() -> None:
    assert np.allclose(geometry.rotvec_to_matrix(np.array([0, 0, math.pi / 2])), ABOUT_Z)
    assert np.allclose(geometry.matrix_to_rotvec(ABOUT_X), [math.pi / 2, 0, 0])
    small = np.array([1e-8, -2e-8, 3e-8])
    assert np.allclose(geometry.matrix_to_rotvec(geometry.rotvec_to_matrix(small)), small, rtol=1e-6, atol=0)
    assert np.allclose(geometry.skew(np.array([1.0, 2, 3])) @ [4, 5, 6], np.cross([1, 2, 3], [4, 5, 6]))


def test_rigid_transforms_turn_then_shift() -> None:
    T = geometry.transform(ABOUT_Z, np.array([10.0, 20, 30]))
    points = np.array([[1.0, 2, 3], [0, 0, 0]])
    assert np.allclose(geometry.apply(T, points), [[8, 21, 33], [10, 20, 30]])
    assert np.allclose(geometry.invert(T) @ T, np.eye(4))
    assert np.allclose(geometry.apply(geometry.invert(T), np.array([[8.0, 21, 33]])), [[1, 2, 3]])
    pose = np.array([HALF, 0, 0, HALF, 10, 20, 30])
    assert np.allclose(geometry.pose7_to_matrix(pose), T) and np.allclose(geometry.matrix_to_pose7(T), pose)


def test_what_is_no_rotation_is_said() -> None:
    quats = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [np.nan, 0, 0, 1], [0.01, 0, 0, 0], [0, 0, -0.9, 0]])
    assert geometry.is_rotation(quats).tolist() == [True, False, False, False, True]


def test_a_hand_goes_from_the_camera_to_the_world() -> None:
    """A camera a metre up, turned by a quarter about z: camera x is world y."""
    T = np.stack([geometry.transform(ABOUT_Z, np.array([0, 0, 1.0]))] * 3)
    times = np.arange(3) / 20
    joints = np.zeros((3, 21, 3))
    joints[:, 4] = [0.5, 0.25, 2.0]
    hand = Signal(joints, np.array([True, True, False]), times)
    found = in_world(hand, Signal(T, np.array([True, False, True]), times))
    assert found.valid.tolist() == [True, False, False]
    assert np.allclose(found.values[0, 4], [-0.25, 0.5, 3.0]) and np.isnan(found.values[1:]).all()


# -- the clock -------------------------------------------------------------------------------------------------------


def test_the_clock_counts_seconds_from_its_first_frame() -> None:
    """Steps of 50, 50, 150 and 50 ms."""
    clock = Clock(np.array([0, 50, 100, 250, 300]) * 1_000_000 + 7_000_000_000, "slam/frame_names")
    assert clock.times_s.tolist() == pytest.approx([0, 0.05, 0.1, 0.25, 0.3])
    assert clock.fps == pytest.approx(20) and clock.mean_fps == pytest.approx(4 / 0.3)
    assert clock.duration_s == pytest.approx(0.35) and clock.monotonic
    assert clock.to_seconds(np.array([6_000_000_000])).tolist() == [-1.0]
    assert not Clock(np.array([0, 5, 5]), "").monotonic
    one = Clock(np.array([5]), "")
    assert (one.fps, one.mean_fps, one.duration_s) == (0, 0, 0)


def test_times_go_to_the_nearest_frame_the_first_of_ties() -> None:
    stamps = np.array([0, 10, 20, 40])
    assert nearest(stamps, np.array([-5, 4, 5, 6, 15, 16, 29, 30, 31, 99])).tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]
    assert nearest(np.array([20, 10, 0, 10]), np.array([9, 14, 15])).tolist() == [1, 1, 0], "not sorted, one of two"


def test_the_imu_s_rate_is_its_median() -> None:
    stamps = np.array([0, 5, 10, 15, 100]) * 1_000_000
    none = np.zeros((5, 3))
    assert Imu(stamps, stamps * 1e-9, none, none, np.ones(5, bool), None).rate_hz == pytest.approx(200)


# -- validity and pictures -------------------------------------------------------------------------------------------


def test_zeros_throughout_and_nan_are_not_tracked() -> None:
    joints = np.ones((4, 2, 3))
    joints[1] = 0
    joints[2, 0, 1] = np.nan
    joints[3, 1] = 0
    assert usable(joints).tolist() == [True, False, False, True]
    assert tracked(joints).tolist() == [[True, True], [False, False], [False, True], [True, False]]


def test_pictures_are_averaged_over_areas() -> None:
    image = 3 * np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    assert area_average(image, (2, 2))[..., 0].tolist() == [[8, 14], [32, 38]]  # 7.5, 13.5, 31.5, 37.5: halves to even
    wide = np.array([[0, 30, 60]], np.uint8)[..., None].repeat(3, 0)
    assert area_average(wide, (2, 1))[0, :, 0].tolist() == [10, 50]  # a pixel and a half each
    assert area_average(image, (4, 4)) is image


def test_a_pose_on_disk_takes_the_world_to_the_body() -> None:
    """The body stands at (1, 2, 3), turned by a quarter about z; the file says how the world stands in it."""
    from xperience.episode.modalities import pose

    T_world_body = geometry.transform(ABOUT_Z, np.array([1.0, 2, 3]))
    stored = geometry.matrix_to_pose7(geometry.invert(T_world_body))
    data = {"slam/quat_wxyz": np.stack([stored[:4], np.zeros(4)]), "slam/trans_xyz": np.stack([stored[4:]] * 2)}
    file = SimpleNamespace(
        dataset=lambda path: data[path], read=lambda path, start=0, stop=None: data[path][start:stop], path="x"
    )
    found = pose.read(file, np.arange(2) / 20, SimpleNamespace(add=lambda *a: None))  # type: ignore[arg-type]
    assert np.allclose(found.values[0], T_world_body) and found.valid.tolist() == [True, False]
