"""The pieces of which motion is made: curves, limbs, ways, grasps, patterns."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.simulate import shapes
from xperience.simulate.motion import curves, fingers, gaze, limbs, rotations, skeleton, solids
from xperience.simulate.motion.gait import Way
from xperience.simulate.motion.patterns import PATTERNS, Use
from xperience.simulate.script import PATTERNS as NAMES


@pytest.mark.parametrize("curve", [curves.minimum_jerk, curves.cruise])
def test_curves_start_and_end_at_rest(curve) -> None:  # type: ignore[no-untyped-def]
    share = np.linspace(-0.2, 1.2, 1401)
    value = curve(share)
    assert (value[share <= 0] == 0).all()
    np.testing.assert_allclose(value[share >= 1], 1, atol=1e-12)
    assert (np.diff(value) >= -1e-12).all()
    second = np.diff(value, 2) / 1e-6
    assert np.abs(np.diff(second)).max() < 0.2  # the acceleration has no steps


def test_cruise_is_steady_in_the_middle() -> None:
    speed = np.diff(curves.cruise(np.linspace(0.3, 0.7, 101), 0.3)) / 0.004
    np.testing.assert_allclose(speed, 1 / 0.7, rtol=1e-9)


def test_soft_limits_leave_small_values_alone() -> None:
    values = np.linspace(0, 5, 5001)
    bent = curves.soft_limit(values, 0.8, 1.0)
    np.testing.assert_array_equal(bent[values <= 0.8], values[values <= 0.8])
    assert bent.max() < 1.0 and (np.diff(bent) >= 0).all()
    assert np.abs(np.diff(bent, 2) / 1e-6).max() < 20
    np.testing.assert_allclose(curves.soft_clip(np.array([-3.0, -0.1, 0.1]), 1.0), [-1.0, -0.1, 0.1], atol=0.01)


def test_limbs_reach_their_target_and_stop_short_beyond_it() -> None:
    root = np.zeros((400, 3))
    target = np.linspace(0.1, 1.0, 400)[:, None] * rotations.unit(np.array([0.5, 0.2, -0.8]))
    pole = np.tile([0.0, 1.0, 0.0], (400, 1))
    middle, end, _ = limbs.two_bone(root, target, pole, 0.33, 0.26)
    np.testing.assert_allclose(np.linalg.norm(middle, axis=1), 0.33, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(end - middle, axis=1), 0.26, atol=1e-9)
    distance = np.linalg.norm(target, axis=1)
    easy = (distance > 0.25) & (distance < 0.57)
    np.testing.assert_allclose(end[easy], target[easy], atol=1e-9)
    assert np.linalg.norm(end, axis=1).max() < 0.59
    assert np.linalg.norm(np.diff(end, axis=0), axis=1).max() < 0.003


def test_slerp_goes_the_short_way() -> None:
    quats = geometry.matrix_to_quat(geometry.rotvec_to_matrix(np.array([[0.0, 0.0, 0.2], [0.0, 0.0, 1.4]])))
    for sign in (1, -1):
        half = rotations.slerp(quats[:1], sign * quats[1:], np.array([0.5]))
        np.testing.assert_allclose(geometry.matrix_to_rotvec(geometry.quat_to_matrix(half)), [[0, 0, 0.8]], atol=1e-9)
    spin = geometry.matrix_to_quat(geometry.rotvec_to_matrix(np.linspace(0, 12, 200)[:, None] * [[0, 0, 1.0]]))
    assert np.abs(np.diff(rotations.continuous(spin), axis=0)).max() < 0.1 < np.abs(np.diff(spin, axis=0)).max()


@pytest.mark.parametrize("turn", [-2.8, -1.0, 0.3, 3.0])
@pytest.mark.parametrize("distance", [0.3, 1.0, 3.5])
def test_ways_arrive_without_spinning(turn: float, distance: float) -> None:
    goal = np.array([distance * np.cos(2.0), distance * np.sin(2.0), turn])
    duration = 0.6 + distance + 0.35 * abs(turn)
    way = Way(np.array([0.0, 0.0, 0.0]), goal, duration)
    track = way.at(np.linspace(0, 1, 1001))
    np.testing.assert_allclose(track[0], 0, atol=1e-9)
    np.testing.assert_allclose(track[-1, :2], goal[:2], atol=1e-9)
    assert abs((track[-1, 2] - turn + np.pi) % (2 * np.pi) - np.pi) < 1e-9
    assert np.abs(np.diff(track[:, 2])).max() * 1000 / duration < np.radians(220)


def test_pieces_are_found_in_a_merged_mesh() -> None:
    mesh = shapes.merge(shapes.box(0.1, 0.1, 0.2), shapes.shift(shapes.box(0.2, 0.1, 0.1), x=1.0, z=0.5))
    corners = solids.pieces(mesh)
    corners = corners[np.argsort(corners[:, 0, 0])]
    np.testing.assert_allclose(corners[0], [[-0.05, -0.05, 0], [0.05, 0.05, 0.2]], atol=1e-6)
    np.testing.assert_allclose(corners[1], [[0.9, -0.05, 0.5], [1.1, 0.05, 0.6]], atol=1e-6)
    points = np.array([[0.0, 0.0, 0.1], [0.5, 0.0, 0.1], [1.0, 0.0, 0.8]])
    np.testing.assert_allclose(solids.distance(points, corners), [0, 0.45, 0.2], atol=1e-6)


def grip(width: float) -> tuple[np.ndarray, np.ndarray]:
    """A grip on the right side of a box of this width, and the box."""
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 2] = (0, 1, 0), (-1, 0, 0)
    pose[:3, 1] = np.cross(pose[:3, 2], pose[:3, 0])
    pose[:3, 3] = (width / 2 + 0.02, 0, 0.06)
    return pose, solids.pieces(shapes.box(width, width, 0.12))


def test_fingers_close_until_they_touch() -> None:
    bones = skeleton.build(1.75)
    bends = []
    for width in (0.02, 0.05, 0.09):
        T_thing_palm, corners = grip(width)
        shape = fingers.grasp(bones, 1, T_thing_palm, corners)
        tips = fingers.chains(bones, shape[None], 1)[0][:, 3]
        away = solids.distance(tips @ T_thing_palm[:3, :3].T + T_thing_palm[:3, 3], corners)
        assert away.min() > 0.005  # on the skin, not inside
        assert away[1:3].min() < 0.03  # and not far from it
        bends.append(shape[3:15].sum())
    assert bends[0] > bends[1] > bends[2]


def test_left_and_right_hand_are_mirror_images() -> None:
    bones = skeleton.build(1.75)
    for shape in (fingers.OPEN, fingers.FIST, fingers.RELAXED):
        left, right = (fingers.chains(bones, shape[None], side)[0] for side in range(2))
        np.testing.assert_allclose(left * [1, -1, 1], right, atol=1e-12)
    closed = fingers.chains(bones, fingers.FIST[None], 1)[0]
    spread = fingers.chains(bones, fingers.OPEN[None], 1)[0]
    assert (closed[1:, 3, 0] < spread[1:, 3, 0] - 0.05).all()  # tips come back to the palm
    assert (closed[:, 3, 2] > 0).all()  # on the palm's side


def test_gaze_is_continuous_around_the_head() -> None:
    def largest_step(samples: int, radius: float) -> float:
        angle = np.linspace(0, 2 * np.pi, samples)
        eyes = np.tile([0.0, 0.0, 1.6], (samples, 1))
        point = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(samples, 0.9)], -1)
        return float(np.abs(np.diff(gaze.angles(eyes, point, np.zeros(samples)), axis=0)).max())

    for radius in (0.3, 2.0):  # a jump would stay as large however finely the circle is walked
        assert largest_step(8001, radius) < 0.3 * largest_step(2001, radius)
    # Straight below the eyes there is no left or right: crossing behind jumps by a little over a degree, which the
    # smoothing of the head's turns takes out.
    assert largest_step(8001, 0.02) < 0.025


def test_every_pattern_of_the_script_is_known() -> None:
    assert set(PATTERNS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("duration", [0.3, 1.1, 4.7])
def test_patterns_begin_and_end_at_the_working_pose(name: str, duration: float) -> None:
    use = Use(
        np.linspace(0, duration + 0.5, 800), duration, np.array([1.0, 0, 0]), np.array([0, 1.0, 0]),
        np.array([0, 0, 1.0]), np.eye(3), np.eye(3), True, np.random.default_rng(3),
    )  # fmt: skip
    stroke = PATTERNS[name](use)
    after = use.time >= duration
    for offset in (stroke.shift, stroke.turn):
        np.testing.assert_allclose(offset[0], 0, atol=1e-9)
        np.testing.assert_allclose(offset[after], 0, atol=1e-6)
        assert np.abs(np.diff(offset, axis=0)).max() < 0.2
    assert all(0 <= start <= duration + 1e-9 and length >= 0 for start, length, _ in stroke.sounds)
    assert all(start + length <= duration + 0.05 for start, length, _ in stroke.sounds)
