"""The animated person and things of small hand-written scenarios."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.episode.skeletons import HAND_PARENTS, SMPLH_JOINTS, SMPLH_PARENTS
from xperience.simulate import shapes
from xperience.simulate.motion import AnimatedWorld, animate, skeleton
from xperience.simulate.motion.skeleton import FINGER_JOINTS, SIDES
from xperience.simulate.rig import full_rig
from xperience.simulate.script import PATTERNS, Move, MoveKind, Scenario, StateChange
from xperience.simulate.things import Light, Part, Person, Thing
from xperience.simulate.world import Motion

TABLE_TOP = 0.92
ANKLES, BALLS = (7, 8), (10, 11)


def pose(x: float, y: float, z: float, turn: float = 0.0) -> np.ndarray:
    """Upright pose turned about the vertical; a body in it faces its own y."""
    return geometry.transform(geometry.rotvec_to_matrix(np.array([0.0, 0.0, turn])), np.array([x, y, z]))


def fixture(number: int, x: float, y: float, z: float, at: np.ndarray) -> Thing:
    part = Part(shapes.box(x, y, z), (0.6, 0.5, 0.4))
    return Thing(number, "table", "table", ("fixed",), ((part,),), at, False, None, (x, y, z))


def box(number: int, at: np.ndarray, size: tuple[float, float, float] = (0.07, 0.07, 0.11)) -> Thing:
    """A box that a hand takes from its right side, thumb up."""
    grip = np.eye(4)
    grip[:3, 0], grip[:3, 2] = (0, 1, 0), (-1, 0, 0)
    grip[:3, 1] = np.cross(grip[:3, 2], grip[:3, 0])
    grip[:3, 3] = (size[0] / 2 + 0.02, 0, size[2] / 2)
    parts = tuple((Part(shapes.box(*size), color),) for color in ((0.8, 0.2, 0.2), (0.2, 0.8, 0.2)))
    return Thing(number, "mug", f"box {number}", ("closed", "open"), parts, at, True, grip, size)


@cache
def scenario(hand: str = "right", height: float = 1.74, duration: float = 24.0) -> Scenario:
    """Takes a box from the table, tilts it, puts it down; walks to a low stool with the other box and sets it on it."""
    other, sign = ("left", 1.0) if hand == "right" else ("right", -1.0)
    turn = 0.0 if hand == "right" else np.pi  # things lie turned for a left hand
    things = (
        fixture(1, 1.4, 0.6, TABLE_TOP, pose(0, 0.66, 0)),
        box(2, pose(0.18 * sign, 0.52, TABLE_TOP, turn)),
        box(3, pose(-0.05 * sign, 0.60, TABLE_TOP, turn)),
        fixture(4, 0.5, 0.5, 0.55, pose(0.3, -1.9, 0)),
    )
    tilted = pose(0.05 * sign, 0.45, TABLE_TOP + 0.15, turn)
    tilted[:3, :3] = geometry.rotvec_to_matrix(np.array([0.0, -1.0 * sign, 0.0])) @ tilted[:3, :3]
    K = MoveKind
    moves = (
        Move(K.REACH, 0.8, 1.6, hand, 2),
        Move(K.CARRY, 1.7, 2.7, hand, 2, tilted),
        Move(K.REACH, 2.0, 2.9, other, None, touching_palm(-0.28 * sign, other), None, 3),
        Move(K.USE, 2.7, 5.0, hand, 2, tilted, "pour", 3),
        Move(K.REST, 5.0, 5.7, other),
        Move(K.CARRY, 5.2, 6.3, hand, 2, pose(0.25 * sign, 0.55, TABLE_TOP, turn)),
        Move(K.RELEASE, 6.3, 6.8, hand, 2),
        Move(K.REACH, 7.0, 7.9, hand, 3),
        Move(K.CARRY, 7.9, 8.6, hand, 3, pose(0.16 * sign, 0.36, 1.1, turn)),
        Move(K.WALK, 9.0, 12.6, None, None, pose(0.3, -1.25, 0, np.pi)),
        Move(K.CARRY, 12.7, 14.0, hand, 3, pose(0.3 - 0.05 * sign, -1.8, 0.55, turn + np.pi)),
        Move(K.RELEASE, 14.0, 14.6, hand, 3),
        Move(K.LOOK, 16.0, 17.0, None, None, pose(1.5, -1.2, 1.2)),
        Move(K.WALK, 18.0, 21.0, None, None, pose(0.0, 0.0, 0.0)),
    )
    return Scenario(
        seed=11, session_seed=2, duration_s=duration, place="kitchen", activity="tidy", main_task="", summary="",
        person=Person(height, hand, (0.8, 0.6, 0.5), (0.2, 0.3, 0.5), (0.1, 0.1, 0.1)),
        light=Light(np.array([0.0, 0.0, 1.0]), (0.6, 0.6, 0.6), (0.4, 0.4, 0.4)), things=things,
        start=pose(0, 0, 0), moves=moves, changes=(StateChange(4.0, 3, 1),), actions=(),
    )  # fmt: skip


def touching_palm(x: float, hand: str) -> np.ndarray:
    """A palm that lies on the table, fingers forward."""
    out = np.eye(4)
    out[:3, 0], out[:3, 2] = (0, 1, 0), (0, 0, -1)
    out[:3, 1] = np.cross(out[:3, 2], out[:3, 0])
    out[:3, 3] = (x, 0.5, TABLE_TOP + 0.018)
    return out


@cache
def world(hand: str = "right", height: float = 1.74) -> AnimatedWorld:
    return animate(scenario(hand, height))


@cache
def frames(hand: str = "right", height: float = 1.74) -> Motion:
    """The whole scenario at 100 Hz."""
    return world(hand, height).at(np.arange(0, scenario().duration_s, 0.01))


def between(motion: Motion, start: float, end: float) -> np.ndarray:
    return (motion.times_s >= start) & (motion.times_s < end)


CASES = [("right", 1.74), ("left", 1.55), ("right", 1.92)]


@pytest.mark.parametrize(("hand", "height"), CASES)
def test_bones_keep_their_length(hand: str, height: float) -> None:
    m = frames(hand, height)
    lengths = np.linalg.norm(m.joints[:, 1:] - m.joints[:, SMPLH_PARENTS[1:]], axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-4
    fingers = np.linalg.norm(m.hand_joints[:, :, 1:] - m.hand_joints[:, :, HAND_PARENTS[1:]], axis=-1)
    assert np.ptp(fingers, axis=0).max() < 1e-4


def test_joints_are_the_forward_kinematics_of_the_stored_rotations() -> None:
    m = frames()
    rest = skeleton.build(1.74)
    joints, _ = skeleton.forward_kinematics(rest, m.T_world_root, m.body_rotations, m.finger_rotations)
    np.testing.assert_allclose(joints, m.joints, atol=1e-9)
    for R in (m.body_rotations, m.finger_rotations, m.T_world_body[:, :3, :3], m.T_world_root[:, :3, :3]):
        np.testing.assert_allclose(R @ np.swapaxes(R, -1, -2), np.broadcast_to(np.eye(3), R.shape), atol=1e-9)
        assert (np.linalg.det(R) > 0).all()


def test_hand_and_body_share_wrists_and_finger_joints() -> None:
    m = frames()
    inner = [k for k in range(1, 21) if k % 4]
    for side in range(2):
        np.testing.assert_allclose(m.hand_joints[:, side, 0], m.joints[:, 20 + side], atol=1e-12)
        np.testing.assert_allclose(m.hand_joints[:, side, inner], m.joints[:, FINGER_JOINTS[side]], atol=1e-12)


def test_segment_lengths_are_those_of_the_anthropometric_table() -> None:
    """Drillis and Contini 1966: shares of body height."""
    rest = skeleton.build(1.80)
    for joint, share in (("left_elbow", 0.186), ("right_wrist", 0.146), ("left_knee", 0.245), ("right_ankle", 0.246)):
        assert rest.length(joint) == pytest.approx(1.80 * share, rel=0.01)
    assert rest.joints[SMPLH_JOINTS.index("head"), 1] + rest.eyes[1] == pytest.approx(1.80 * 0.936)
    hand = np.linalg.norm(rest.joints[FINGER_JOINTS[1, 8]] + rest.tips[1, 2] - rest.joints[21])
    assert hand == pytest.approx(1.80 * 0.108, rel=0.02)


def test_held_things_are_rigid_in_the_hand_and_arrive() -> None:
    for hand, height in CASES:
        m, s = frames(hand, height), scenario(hand, height)
        side = SIDES.index(hand)
        for number, start, end in ((2, 1.6, 6.3), (3, 7.9, 14.0)):
            held = m.held_by[:, number - 1] == side + 1
            assert (held == between(m, start, end)).mean() > 0.999
            turned = world(hand, height)._body(m.times_s[held])[1].turned[:, 20 + side]
            wrist = geometry.transform(turned, m.joints[held, 20 + side])
            relative = geometry.invert(wrist) @ m.thing_poses[held, number - 1]
            assert np.ptp(relative[:, :3, 3], axis=0).max() < 1e-6
            assert np.ptp(relative[:, :3, :3], axis=0).max() < 1e-6
        for move in s.moves:
            if move.kind is MoveKind.CARRY:
                assert move.target is not None and move.object_id is not None
                there = m.thing_poses[round(move.end_s * 100), move.object_id - 1]
                assert np.linalg.norm(there[:3, 3] - move.target[:3, 3]) < 0.01
                assert there[:3, 2] @ move.target[:3, 2] > 0.999


def test_things_stay_where_they_were_put_and_move_only_in_hands() -> None:
    m = frames()
    after = between(m, 6.6, 24.0)
    np.testing.assert_allclose(
        m.thing_poses[after, 1], np.broadcast_to(pose(0.25, 0.55, TABLE_TOP), (after.sum(), 4, 4)), atol=1e-9
    )
    np.testing.assert_array_equal(
        m.thing_poses[:, 0], np.broadcast_to(scenario().things[0].pose, (len(m.times_s), 4, 4))
    )
    speed = np.linalg.norm(np.diff(m.thing_poses[:, :, :3, 3], axis=0), axis=-1) / 0.01
    loose = (m.held_by[1:] == 0) & (m.held_by[:-1] == 0)
    assert speed[loose].max() < 0.3  # settling, 2 cm at most
    assert speed.max() < 3.0


def test_the_hand_is_at_the_grip_when_it_takes_a_thing() -> None:
    for hand, height in CASES:
        for number, time in ((2, 1.6), (3, 7.9)):
            palm = world(hand, height).palms(np.array([time]))[0, SIDES.index(hand)]
            thing = scenario(hand, height).things[number - 1]
            at = thing.pose @ thing.grip_for(hand)
            assert np.linalg.norm(palm[:3, 3] - at[:3, 3]) < 0.01
            assert (palm[:3, :3] * at[:3, :3]).sum() > 2.98


def test_states_follow_the_script() -> None:
    m = frames()
    np.testing.assert_array_equal(m.thing_states[:, 2], m.times_s >= 4.0)
    assert not m.thing_states[:, [0, 1, 3]].any()


@pytest.mark.parametrize(("hand", "height"), CASES)
def test_standing_feet_neither_slide_nor_sink(hand: str, height: float) -> None:
    m, rest = frames(hand, height), world(hand, height).bones
    for ankle, ball in zip(ANKLES, BALLS, strict=True):
        sole = m.joints[:, ball, 2] - rest.sole[1]
        heel = m.joints[:, ankle, 2] - rest.sole[0]
        assert sole.min() > -0.005 and heel.min() > -0.005
        down = m.contacts[:, ball - 1] > 0
        assert 0.3 < down.mean() < 1.0
        assert sole[down].max() < 0.01
        # Every stance: from its first to its last frame on the floor.
        edges = np.flatnonzero(np.diff(np.concatenate([[0], down.astype(int), [0]])))
        for start, end in edges.reshape(-1, 2):
            assert np.ptp(m.joints[start:end, ball, :2], axis=0).max() < 0.01
    assert (m.contacts[:, [9, 10]].sum(1) >= 1).all()  # one foot is always on the floor


def test_walking_alternates_feet_and_arrives() -> None:
    m = frames()
    steps = [s for s in world().gait.steps if 9.0 <= s.start_s < 12.6]
    assert len(steps) >= 4
    assert all(a.side != b.side for a, b in pairwise(steps))
    at = m.joints[round(12.7 * 100), 0]
    assert np.linalg.norm(at[:2] - [0.3, -1.25]) < 0.08
    facing = m.T_world_root[round(12.7 * 100), :3, 2]
    assert facing @ [0, -1, 0] > 0.9
    halfway = m.T_world_root[round(10.9 * 100), :3, 2]
    assert halfway @ np.array([0.3, -1.25, 0]) / 1.285 > 0.85  # turned into the direction of travel
    pelvis = m.joints[between(m, 10.0, 12.0), 0, 2]
    assert 0.01 < np.ptp(pelvis) < 0.08


def test_motion_is_smooth() -> None:
    for hand, height in CASES:
        m = frames(hand, height)

        def largest(points: np.ndarray, order: int) -> float:
            return float(np.linalg.norm(np.diff(points, order, axis=0), axis=-1).max() / 0.01**order)

        assert largest(m.T_world_body[:, :3, 3], 2) < 15
        assert largest(m.T_world_body[:, :3, 3], 3) < 400
        upper = m.joints[:, [0, 3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, *range(22, 52)]]
        assert largest(upper, 2) < 30
        assert largest(m.joints, 2) < 60  # knees and ankles at push-off and foot strike


def test_head_turns_like_a_head() -> None:
    for hand, height in CASES:
        R = frames(hand, height).T_world_body[:, :3, :3]
        rate = geometry.matrix_to_rotvec(np.swapaxes(R[:-1], 1, 2) @ R[1:]) / 0.01
        speed = np.degrees(np.linalg.norm(rate, axis=1))
        assert speed.max() < 200
        assert np.degrees(np.linalg.norm(np.diff(rate, axis=0), axis=1)).max() / 0.01 < 2000
        assert speed.max() > 40


def test_nobody_stands_perfectly_still() -> None:
    m = frames()
    still = between(m, 14.7, 15.7)
    path = m.T_world_body[still, :3, 3]
    assert 0.0005 < np.ptp(path, axis=0).max() < 0.05


def test_gravity_in_the_headset_is_that_of_table_work() -> None:
    m = frames()
    work = between(m, 1.0, 8.5)
    down = -m.T_world_body[work, 2, :3].mean(0)
    assert abs(down[0]) < 0.1
    assert 20 < np.degrees(np.arctan2(down[2], down[1])) < 40


@pytest.mark.parametrize(("hand", "height"), CASES)
def test_the_stereo_views_see_the_working_hand(hand: str, height: float) -> None:
    m, rig = frames(hand, height), full_rig()
    seen, asked = 0, 0
    for move in scenario(hand, height).moves:
        if move.hand is None or move.kind not in (MoveKind.REACH, MoveKind.CARRY, MoveKind.USE):
            continue
        now = between(m, move.start_s, move.end_s)
        palm = m.hand_joints[now, SIDES.index(move.hand)].mean(1)
        inside = np.zeros(now.sum(), bool)
        for view in ("stereo_left", "stereo_right"):
            T_camera_world = geometry.invert(rig.T_world_camera(view, m.T_world_body[now]))
            inside |= rig[view].project(geometry.apply(T_camera_world, palm[:, None])[:, 0])[1]
        seen, asked = seen + int(inside.sum()), asked + len(inside)
    assert seen / asked > 0.9


def test_hand_contacts_come_and_go() -> None:
    m = frames()
    right, left = m.contacts[:, 20], m.contacts[:, 19]
    assert right[m.held_by[:, 1] == 2].all()
    assert 0.3 < right.mean() < 0.8
    assert left[between(m, 3.2, 4.9)].all()  # lies on the table
    assert not left[between(m, 8.0, 12.0)].any()
    assert not m.contacts[:, [0, 1, 2, 3, 4, 5, 8, *range(11, 19)]].any()


def test_sounds_start_with_their_causes() -> None:
    w, m = world(), frames()
    kinds = [(s.kind, round(s.time_s, 2)) for s in w.sounds if s.kind in ("touch", "put")]
    assert kinds == [("touch", 1.6), ("touch", 2.9), ("put", 6.3), ("touch", 7.9), ("put", 14.0)]
    pours = [s for s in w.sounds if s.kind == "pour"]
    assert len(pours) == 1 and pours[0].material == "water"
    assert pours[0].time_s >= 2.7 and pours[0].time_s + pours[0].duration_s <= 5.0
    steps = [s for s in w.sounds if s.kind == "footstep"]
    assert len(steps) == len(w.gait.steps)
    for sound, step in zip(steps, w.gait.steps, strict=True):
        # The sole's contact begins with the sound.
        landed = m.contacts[:, BALLS[step.side] - 1] > 0
        k = round(sound.time_s * 100)
        assert not landed[k - 3] and landed[k + 2]
        assert np.linalg.norm(sound.position - m.joints[k, BALLS[step.side]]) < 0.02
    assert list(w.sounds) == sorted(w.sounds, key=lambda s: s.time_s)


def test_ego_is_the_headset_of_the_whole_state() -> None:
    times = np.linspace(0, 24, 997)
    np.testing.assert_allclose(world().ego(times), world().at(times).T_world_body, atol=1e-12)
    shuffled = np.random.default_rng(0).permutation(times)
    np.testing.assert_allclose(world().ego(shuffled), world().at(shuffled).T_world_body, atol=1e-12)


def test_second_differences_converge() -> None:
    """What an IMU measures does not depend on how finely the path is differenced."""
    times = np.linspace(1, 22, 4000)
    accelerations = []
    for step in (0.004, 0.002, 0.001):
        path = [world().ego(times + shift)[:, :3, 3] for shift in (-step, 0.0, step)]
        accelerations.append((path[0] - 2 * path[1] + path[2]) / step**2)
    coarse = np.abs(accelerations[1] - accelerations[0]).max()
    fine = np.abs(accelerations[2] - accelerations[1]).max()
    assert fine < 0.6 * coarse
    assert fine < 0.1


def test_the_same_scenario_moves_the_same() -> None:
    again = animate(scenario()).at(np.array([3.0, 11.0]))
    m = world().at(np.array([3.0, 11.0]))
    np.testing.assert_array_equal(again.joints, m.joints)
    other = animate(replace(scenario(), seed=12)).at(np.array([3.0, 11.0]))
    assert np.abs(other.joints - m.joints).max() > 1e-4


def test_a_short_recording_is_the_beginning_of_a_long_one() -> None:
    """Moves are cut at the end, and nothing before it changes for that."""
    short = animate(replace(scenario(), duration_s=2.0))
    times = np.arange(0, 2, 0.05)
    np.testing.assert_allclose(short.at(times).joints, world().at(times).joints, atol=0.02)
    assert all(s.time_s < 2 for s in short.sounds)
    assert (short.at(times[-1:]).held_by[0] == [0, 2, 0, 0]).all()


def test_an_empty_script_and_a_long_one() -> None:
    idle = animate(replace(scenario(), moves=(), changes=(), things=(), duration_s=300.0))
    m = idle.at(np.arange(0, 300, 0.05))
    assert m.thing_poses.shape == (6000, 0, 4, 4)
    assert np.isfinite(m.joints).all()
    assert not idle.sounds
    assert len(idle.at(np.zeros(0)).joints) == 0


def test_what_is_out_of_reach_ends_short_and_stays_consistent() -> None:
    K = MoveKind
    far = pose(0.1, 1.7, 1.0)
    moves = (
        Move(K.REACH, 1.0, 2.0, "right", 2),
        Move(K.CARRY, 2.0, 3.0, "right", 2, far),
        Move(K.RELEASE, 3.2, 3.7, "right", 2),
        Move(K.REACH, 5.0, 6.0, "right", 2),
        Move(K.CARRY, 6.0, 7.0, "right", 2, pose(0.1, 0.45, TABLE_TOP)),
        Move(K.RELEASE, 7.2, 7.7, "right", 2),
    )
    w = animate(replace(scenario(), moves=moves, changes=(), duration_s=9.0))
    m = w.at(np.arange(0, 9, 0.01))
    short = m.thing_poses[310, 1, :3, 3]
    assert 0.2 < np.linalg.norm(short - far[:3, 3]) < 1.0
    assert short[1] > 0.8  # leant far over
    np.testing.assert_allclose(m.thing_poses[480, 1, :3, 3], short, atol=0.01)
    # It is taken from where it was left, and comes back exactly.
    palm = w.palms(np.array([6.0]))[0, 1]
    assert np.linalg.norm(palm[:3, 3] - (m.thing_poses[600, 1] @ w.scenario.things[1].grip)[:3, 3]) < 0.02
    np.testing.assert_allclose(m.thing_poses[-1, 1, :3, 3], [0.1, 0.45, TABLE_TOP], atol=1e-9)


def test_a_thing_passes_from_hand_to_hand() -> None:
    K = MoveKind
    moves = (
        Move(K.REACH, 1.0, 1.8, "right", 2),
        Move(K.CARRY, 1.8, 2.8, "right", 2, pose(0.0, 0.4, 1.15)),
        Move(K.REACH, 2.8, 3.6, "left", 2),
        Move(K.RELEASE, 3.6, 4.0, "right", 2),
        Move(K.CARRY, 4.0, 5.0, "left", 2, pose(-0.25, 0.5, TABLE_TOP)),
        Move(K.RELEASE, 5.0, 5.5, "left", 2),
    )
    m = animate(replace(scenario(), moves=moves, changes=(), duration_s=7.0)).at(np.arange(0, 7, 0.01))
    assert m.held_by[300, 1] == 2 and m.held_by[400, 1] == 1 and m.held_by[600, 1] == 0
    way = np.linalg.norm(np.diff(m.thing_poses[:, 1, :3, 3], axis=0), axis=-1)
    assert way.max() < 0.03
    np.testing.assert_allclose(m.thing_poses[-1, 1, :3, 3], [-0.25, 0.5, TABLE_TOP], atol=1e-9)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("tool", [True, False])
def test_patterns_move_about_the_working_pose(pattern: str, tool: bool) -> None:
    K = MoveKind
    target = pose(0.12, 0.5, TABLE_TOP + 0.06) if tool else touching_palm(0.12, "right")
    moves = (
        *((Move(K.REACH, 0.4, 1.2, "right", 2),) if tool else ()),
        Move(K.CARRY, 1.2, 2.2, "right", 2 if tool else None, target),
        Move(K.USE, 2.2, 6.2, "right", 2 if tool else None, target, pattern, 3),
    )
    w = animate(replace(scenario(), moves=moves, changes=(), duration_s=7.0))
    m = w.at(np.arange(0, 7, 0.01))
    at = m.thing_poses[:, 1] if tool else w.palms(m.times_s)[:, 1]
    for end in (220, 619):
        assert np.linalg.norm(at[end, :3, 3] - target[:3, 3]) < 0.02
    working = between(m, 2.2, 6.2)
    shift = np.linalg.norm(at[working, :3, 3] - target[:3, 3], axis=1).max()
    turned = np.degrees(
        np.arccos(np.clip((np.einsum("tij,ij->t", at[working, :3, :3], target[:3, :3]) - 1) / 2, -1, 1))
    )
    assert shift < 0.25
    assert shift > 0.02 or turned.max() > 20 or pattern in ("hold", "pour", "write")
    acceleration = np.linalg.norm(np.diff(m.joints[:, 12:], 2, axis=0), axis=-1).max() / 1e-4
    assert acceleration < 30
    sounds = [s for s in w.sounds if s.kind == pattern]
    assert bool(sounds) == (pattern != "hold")
    assert all(2.2 <= s.time_s <= 6.2 + 1e-6 for s in sounds)
    if pattern in ("cut", "hammer"):
        for sound in sounds[:-1]:  # each blow sounds when the tool is lowest
            k = round(sound.time_s * 100)
            assert at[k - 6 : k + 7, 2, 3].min() > at[k, 2, 3] - 0.004
            assert at[k - 15 : k, 2, 3].max() > at[k, 2, 3] + 0.01


@pytest.mark.parametrize("seed", range(8))
def test_any_script_gives_finite_motion(seed: int) -> None:
    """Moves at random: overlapping, of no length, out of reach, about things that are not there."""
    rng = np.random.default_rng(seed)
    moves = []
    for _ in range(20):
        kind = MoveKind(rng.choice([k.value for k in MoveKind]))
        hand = None if kind in (MoveKind.WALK, MoveKind.LOOK) else str(rng.choice(SIDES))
        start = rng.uniform(0, 9)
        target = pose(*rng.uniform(-2, 2, 2), rng.uniform(0, 2), rng.uniform(-3, 3)) if rng.random() < 0.8 else None
        thing, other = (rng.choice([None, 2, 3, 1, 99]) for _ in range(2))
        pattern = rng.choice([None, *PATTERNS, "juggle"])
        moves.append(Move(kind, start, start + rng.choice([0, 0.1, 1, 4]), hand, thing, target, pattern, other))
    w = animate(replace(scenario(), moves=tuple(sorted(moves, key=lambda m: m.start_s)), duration_s=9.3))
    m = w.at(np.arange(-0.5, 10, 0.05))
    for name in Motion.__dataclass_fields__:
        assert np.isfinite(getattr(m, name)).all(), name
    assert all(0 <= s.time_s < 9.3 and s.duration_s >= 0 for s in w.sounds)
    assert np.linalg.norm(m.joints[:, 15] - m.joints[:, 0], axis=-1).max() < 1.0
