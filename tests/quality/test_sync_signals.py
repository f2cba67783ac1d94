"""What streams say about motion, and the sign of an offset between any two, on signals made for it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from xperience.episode import Signal, geometry
from xperience.episode.cameras import Camera, Rig
from xperience.quality.evidence import VideoDigest
from xperience.quality.sync import (
    alignment,
    audio_motion,
    hands_body,
    imu_pose,
    motion,
    video_pose,
    video_rotation,
    views,
)
from xperience.quality.sync.alignment import Increments, Track

SECONDS, RATE = 14.0, 20.0


def turning(times: np.ndarray) -> np.ndarray:
    """Turns [T, 3, 3] of a head about all axes, smooth and never the same twice."""
    rng = np.random.default_rng(0)
    grid = np.arange(-2, SECONDS + 2, 0.005)
    angle = np.cumsum(gaussian_filter1d(rng.normal(size=(len(grid), 3)), 50, axis=0), axis=0)
    angle = angle / np.abs(np.gradient(angle, grid, axis=0)).std() * 0.6
    return geometry.rotvec_to_matrix(np.stack([np.interp(times, grid, a) for a in angle.T], -1))


def pose_signal(late_s: float = 0.0) -> Signal:
    times = np.arange(0, SECONDS, 1 / RATE)
    T = geometry.transform(turning(times - late_s), np.zeros((len(times), 3)))
    return Signal(T, np.ones(len(times), bool), times)


def imu_signal() -> Any:
    """The rate of turn in body axes at 200 Hz: R^T dR."""
    times = np.arange(-1, SECONDS + 1, 0.005)
    R = turning(times)
    step = geometry.matrix_to_rotvec(np.swapaxes(R[:-1], 1, 2) @ R[1:]) / 0.005
    return SimpleNamespace(present=True, times_s=times[:-1] + 0.0025, gyro=step, valid=np.ones(len(step), bool))


# -- signals ---------------------------------------------------------------------------------------------------------


def test_only_steps_forward_are_in_order() -> None:
    assert motion.ordered(np.array([0.0, 2, 1, 2, 3])).tolist() == [True, True, False, False, True]


def test_the_gyro_is_summed_by_trapezoids() -> None:
    """Rates 0, 2 and 4 at 0, 1 and 3 s: 1 and 6 more. Samples that are not valid or step back are left out."""
    imu = SimpleNamespace(
        times_s=np.array([0.0, 1, 0.5, 2, 3]), valid=np.array([True, True, True, False, True]),
        gyro=np.array([0.0, 2, 99, 99, 4])[:, None] * np.array([1.0, 0, -1]),
    )  # fmt: skip
    track = motion.gyro_track(SimpleNamespace(imu=imu))  # type: ignore[arg-type]
    assert track.times_s.tolist() == [0, 1, 3] and track.total[:, 0].tolist() == [0, 1, 7]
    assert track.between(np.array([0.5, 1]), np.array([2.0, 9]))[0].tolist() == [3.5, 0, -3.5]


def test_turns_of_a_pose_are_in_its_own_axes() -> None:
    """First turned by a quarter about world z, then by 0.1 about its own x."""
    first = geometry.rotvec_to_matrix(np.array([0, 0, math.pi / 2]))
    R = np.stack([first, first @ geometry.rotvec_to_matrix(np.array([0.1, 0, 0])), first])
    pose = Signal(geometry.transform(R, np.zeros((3, 3))), np.array([True, True, False]), np.array([0.0, 0.05, 0.1]))
    found = motion.pose_increments(SimpleNamespace(pose=pose))  # type: ignore[arg-type]
    assert np.allclose(found.change[0], [0.1, 0, 0]) and np.isnan(found.change[1]).all()
    assert found.start_s.tolist() == [0.0, 0.05] and found.end_s.tolist() == [0.05, 0.1]


def test_steps_of_a_wrist_need_both_ends() -> None:
    places = np.array([[0.0, 0, 0], [1, 0, 0], [3, 0, 0], [4, 0, 0]])
    found = motion.wrist_increments(places, np.array([True, True, False, True]), np.arange(4.0))
    assert found.change[0].tolist() == [1, 0, 0] and np.isnan(found.change[1:]).all()


def test_increments_add_up_to_a_track() -> None:
    change = np.array([[1.0, 0, 0], [np.nan] * 3, [2, 0, 0]])
    track = Increments(np.array([0.0, 1, 2]), np.array([1.0, 2, 3]), change).track()
    assert track.total[:, 0].tolist() == [0, 1, 1, 3] and track.times_s.tolist() == [0, 1, 2, 3]


# -- offsets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0.125, -0.2])
def test_a_late_pose_is_late_against_the_imu(late: float) -> None:
    episode = SimpleNamespace(imu=imu_signal(), pose=pose_signal(late))
    (found,) = imu_pose.measure(SimpleNamespace(episode=episode))  # type: ignore[arg-type]
    assert (found.a, found.b, found.status) == ("imu", "pose", "measured")
    assert found.offset_s == pytest.approx(late, abs=0.003)


def seen(late: float, turn: np.ndarray = np.eye(3)) -> Increments:
    """Turns as a view tells them, in body axes, stamped late."""
    times = np.arange(0, SECONDS, 1 / RATE)
    R = turning(times - late)
    change = geometry.matrix_to_rotvec(np.swapaxes(R[:-1], 1, 2) @ R[1:])
    return Increments(times[:-1], times[1:], change @ turn)


def test_late_views_are_late_against_pose_and_one_another() -> None:
    motions = {"fisheye_cam0": seen(0.0), "fisheye_cam1": seen(0.15), "stereo_left": None}
    episode = SimpleNamespace(
        pose=pose_signal(), imu=SimpleNamespace(present=False), views=list(motions), body=SimpleNamespace(present=False)
    )
    evidence: Any = SimpleNamespace(episode=episode, view_motion=lambda view: motions[view])
    first, second, third = video_pose.measure(evidence)
    assert first.offset_s == pytest.approx(0, abs=0.005) and second.offset_s == pytest.approx(0.15, abs=0.005)
    assert third.status == "undetermined"
    (between,) = views.measure(evidence)
    assert (between.a, between.b) == ("fisheye_cam0", "fisheye_cam1")
    assert between.offset_s == pytest.approx(0.15, abs=0.005)


def test_drift_and_offset_are_about_the_middle() -> None:
    """Stamps that run 400 ppm fast about the middle of the overlap."""
    times = np.arange(0, 60, 0.05)
    rng = np.random.default_rng(3)
    grid = np.arange(-2, 62, 0.005)
    angle = np.cumsum(gaussian_filter1d(rng.normal(size=(len(grid), 3)), 60, axis=0), axis=0) * 0.01
    real = times - 0.1 - 400e-6 * (times - 30)
    change = np.diff(np.stack([np.interp(real, grid, a) for a in angle.T], -1), axis=0)
    found = alignment.measure("a", "b", Track(grid, angle), Increments(times[:-1], times[1:], change), max_std_s=0.02)
    assert found.offset_s == pytest.approx(0.1, abs=0.002) and found.drift_ppm == pytest.approx(400, abs=60)


def test_hands_are_compared_in_the_world_or_in_the_camera() -> None:
    """The head stands still at (1, 2, 1.5), the camera half a metre before it; a body that is 0.1 s late."""
    times = np.arange(0, SECONDS, 1 / RATE)
    rng = np.random.default_rng(5)
    grid = np.arange(-2, SECONDS + 2, 0.005)
    path = np.cumsum(gaussian_filter1d(rng.normal(size=(len(grid), 3)), 60, axis=0), axis=0) * 0.02
    at = lambda t: np.stack([np.interp(t, grid, p) for p in path.T], -1)  # noqa: E731
    T_world_body = geometry.transform(turning(np.zeros(len(times))), np.tile([1.0, 2, 1.5], (len(times), 1)))
    T_camera_body = geometry.transform(geometry.rotvec_to_matrix(np.array([0.3, -0.2, 0.1])), np.array([0, 0, -0.5]))
    rig = Rig({"stereo_left": Camera("stereo_left", "none", np.ones(4), np.zeros(0), T_camera_body)})
    T_world_camera = rig.T_world_camera("stereo_left", T_world_body)
    assert np.allclose(T_world_camera @ T_camera_body, T_world_body)
    in_camera = geometry.apply(geometry.invert(T_world_camera), at(times)[:, None])
    body = np.zeros((len(times), 52, 3))
    body[:, 20], body[:, 21] = at(times - 0.1), at(times + 0.2)
    yes = np.ones(len(times), bool)
    hand = Signal(np.repeat(in_camera, 21, 1), yes, times)
    episode = SimpleNamespace(
        body=Signal(body, yes, times), pose=Signal(T_world_body, yes, times), rig=rig, hand=lambda side: hand,
        T_world_camera=lambda view: T_world_camera,
    )  # fmt: skip
    left, right = hands_body.measure(SimpleNamespace(episode=episode))  # type: ignore[arg-type]
    assert left.b == "hand_left" and left.offset_s == pytest.approx(-0.1, abs=0.004)
    assert right.b == "hand_right" and right.offset_s == pytest.approx(0.2, abs=0.004)
    assert np.allclose(motion.wrist_in_world(episode, "left").values, at(times))  # type: ignore[arg-type]


# -- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lens", ["none", "equidistant"])
def test_turns_are_seen_in_pictures(lens: str) -> None:
    """A world of noise at infinity, seen through a lens that turns by half a degree to two about each axis."""
    rng = np.random.default_rng(2)
    K = np.array([60.0, 60, 47.5, 47.5]) if lens == "none" else np.array([30.0, 30, 47.5, 47.5])
    T = geometry.transform(geometry.rotvec_to_matrix(np.array([0.5, 0.2, -0.3])), np.zeros(3))
    camera = Camera("fisheye_cam0", lens, K, np.zeros(4 if lens != "none" else 0), T, (96, 96))
    waves, phase = rng.normal(size=(80, 3)) * 8, rng.uniform(0, 7, 80)
    grid = np.stack(np.meshgrid(np.arange(96.0), np.arange(96.0)), -1)
    rays, mask = camera.unproject(grid)
    turns = np.deg2rad([[0.5, 0, 0], [0, -1.0, 0], [0.3, 0.2, 1.5], [0, 0, 0.001]])
    R, frames = np.eye(3), []
    for turn in [np.zeros(3), *turns]:
        R = R @ geometry.rotvec_to_matrix(turn)
        light = np.sin(np.nan_to_num(rays) @ R.T @ waves.T + phase).sum(-1)
        frames.append(np.where(mask, 128 + 12 * light, 0).clip(0, 255).astype(np.uint8))
    digest = VideoDigest("fisheye_cam0", np.arange(6) / 20, np.stack([*frames, frames[-1]]), 1, 6)
    found = video_rotation.turns(digest, camera)
    assert np.allclose(found[:4], turns, atol=np.deg2rad(0.12)), np.rad2deg(found)
    assert np.isnan(found[4]).all(), "a repeated picture tells nothing"
    body = video_rotation.increments(found, camera, np.arange(6) / 20)
    assert np.allclose(body.change[2], T[:3, :3].T @ found[2]) and body.end_s[-1] == pytest.approx(0.25)


def test_a_camera_of_the_digest_is_a_half_pixel_on() -> None:
    """Blocks of four pixels: their middle lies 1.5 pixels behind the first one."""
    camera = Camera("fisheye_cam0", "equidistant", np.array([40.0, 44, 21.5, 9.5]), np.zeros(4), np.eye(4), (96, 64))
    digest = VideoDigest("fisheye_cam0", np.zeros(1), np.zeros((1, 16, 24), np.uint8), 4, 1)
    small = digest.camera(camera)
    assert small.size == (24, 16) and small.K.tolist() == [10, 11, (21.5 - 1.5) / 4, (9.5 - 1.5) / 4]
    pixel = np.array([5.0, 3.0])
    assert np.allclose(small.unproject(pixel)[0], camera.unproject(pixel * 4 + 1.5)[0])


def test_changes_and_spreads_of_pictures() -> None:
    gray = np.zeros((3, 2, 2), np.uint8)
    gray[1] = [[4, 0], [0, 0]]
    gray[2] = [[4, 8], [0, 8]]
    digest = VideoDigest("x", np.zeros(3), gray, 1, 3)
    assert digest.change.tolist() == [0, 1, 4] and digest.std[1] == pytest.approx(math.sqrt(3))


# -- sound -----------------------------------------------------------------------------------------------------------


def clicks(times: list[float], seconds: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 1e-3, int(seconds * 16000)).astype(np.float32)
    for t in times:
        at = round(t * 16000)
        sound[at : at + 400] += (0.5 * rng.normal(size=400) * np.exp(-np.arange(400) / 80)).astype(np.float32)
    return sound


def test_onsets_are_where_clicks_begin() -> None:
    times = [0.5, 1.13, 2.0, 2.4]
    found = audio_motion.onsets(clicks(times, 3.0))
    assert found.tolist() == pytest.approx(times, abs=0.011)


def test_impacts_are_stops_and_steps() -> None:
    """A wrist goes half a metre in half a second and rests; feet come down at 2 s; a hand's contact is no impact."""
    times = np.arange(60) / 20
    body = np.zeros((60, 52, 3))
    body[:, 20, 0] = 0.5 * np.clip(times - 0.5, 0, 0.5) / 0.5
    contacts = np.zeros((60, 21))
    contacts[40:50, 9] = 1.0
    contacts[30:, 19] = 1.0
    yes = np.ones(60, bool)
    episode = SimpleNamespace(body=Signal(body, yes, times), contacts=Signal(contacts, yes, times))
    found = audio_motion.impacts(episode)  # type: ignore[arg-type]
    assert found.tolist() == pytest.approx([1.05, 1.975], abs=0.051)
    lifted = Signal(1 - contacts, yes, times)
    assert audio_motion.impacts(SimpleNamespace(body=Signal.absent((52, 3)), contacts=lifted)).tolist() == [2.475]  # type: ignore[arg-type]


@pytest.mark.parametrize("late", [0.2, -0.3])
def test_late_sound_is_late(late: float) -> None:
    rng = np.random.default_rng(1)
    events = np.sort(rng.uniform(1, 19, 25))
    heard = np.sort(events[::2] + late)
    found = audio_motion._align(heard, events)
    assert found.status == "measured" and found.offset_s == pytest.approx(late, abs=0.006)
    assert audio_motion._align(np.sort(rng.uniform(1, 19, 13)), events).status == "undetermined"
    assert audio_motion._to_nearest(np.array([0.0, 1.0]), np.array([0.4, 0.7, 2.0])).tolist() == pytest.approx(
        [0.4, -0.3, 1]
    )


def test_shading_is_no_contrast() -> None:
    camera = Camera("fisheye_cam0", "equidistant", np.array([30.0, 30, 31.5, 31.5]), np.zeros(4), np.eye(4), (64, 64))
    ramp = np.tile(np.linspace(100, 130, 64), (64, 1)).astype(np.uint8)
    noise = gaussian_filter(np.random.default_rng(0).normal(0, 60, (64, 64)), 1.0) + 128
    solver = video_rotation._Solver(camera)
    assert not solver.rich(solver.bands(ramp)) and solver.rich(solver.bands(noise.astype(np.uint8)))
