"""Streams of one recording against each other: they must be measurements of a single world."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, map_coordinates

from xperience.episode import Episode, geometry
from xperience.episode.cameras import VIEWS, Rig
from xperience.episode.modalities.audio import Audio
from xperience.simulate import campaign, truth
from xperience.simulate.motion import animate
from xperience.simulate.render.renderer import Renderer
from xperience.simulate.rig import depth_camera, full_rig
from xperience.simulate.scenario import plan_scenario
from xperience.simulate.sensors import depth as depth_sensor

RECIPE = campaign.Recipe(seconds=3.0, width=160, seed=5, sessions=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return campaign.run(tmp_path_factory.mktemp("physics"), campaign.plan(RECIPE, 1), workers=1)[0]


@pytest.fixture(scope="module")
def episode(folder: Path) -> Iterator[Episode]:
    with Episode.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def arrays(folder: Path) -> dict[str, np.ndarray]:
    path = folder.parents[1] / truth.TRUTH_FOLDER / f"{folder.parent.name}__{folder.name}" / truth.ARRAYS
    with np.load(path) as stored:
        return dict(stored)


def still_mask(labels: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Pixels of an instance mask that show something that never moves in this recording."""
    moves = np.ptp(arrays["thing_poses"], axis=0).max((1, 2)) > 1e-4
    return ~np.isin(labels, [truth.OUTSIDE, truth.LEFT_HAND, truth.RIGHT_HAND, truth.BODY, *arrays["thing_ids"][moves]])


def test_still_points_reproject_within_a_centimetre(episode: Episode, arrays: dict[str, np.ndarray]) -> None:
    assert episode.rig is not None
    camera = depth_camera(episode.rig)
    assert camera.size is not None
    depth, confidence = episode.depth.frames()
    assert confidence is not None
    poses = episode.T_world_camera("stereo_left")
    grid = np.stack(np.meshgrid(np.arange(camera.size[0]), np.arange(camera.size[1])), -1)
    rays, _ = camera.unproject(grid)
    errors = []
    for i in range(0, len(depth) - 12, 6):
        j = i + 12
        keep = still_mask(arrays["mask_stereo_left"][i, ::2, ::2], arrays) & (depth[i] > 0) & (confidence[i] > 100)
        points = (rays / rays[..., 2:] * depth[i][..., None])[keep]
        there = geometry.apply(geometry.invert(poses[j]) @ poses[i], points)
        pixels, seen = camera.project(there)
        pixels, z = pixels[seen], there[seen, 2]
        corners = [map_coordinates((depth[j] > 0).astype(float), pixels[:, ::-1].T, order=1) > 0.999]
        smooth = map_coordinates(depth[j], pixels[:, ::-1].T, order=1, mode="nearest")
        near = np.abs(smooth - z) < 0.2  # the rest is hidden by something else in the other frame
        errors.append(np.abs(smooth - z)[corners[0] & near])
    assert sum(map(len, errors)) > 3000
    assert np.median(np.concatenate(errors)) < 0.01


def test_disparity_agrees_with_depth() -> None:
    scenario = plan_scenario(11, 12, 4.0)
    world = animate(scenario)
    rig = Rig({view: full_rig()[view] for view in ("stereo_left", "stereo_right")}, full_rig().baseline)
    renderer = Renderer(scenario, world.at(np.array([1.0, 3.0])), rig, 12, 11)
    assert rig.baseline is not None
    offsets = []
    for k in range(2):
        frame = renderer.frame(k)
        left, right = (frame.images[view].astype(np.float64).mean(2) for view in ("stereo_left", "stereo_right"))
        depth, confidence = depth_sensor.measure(frame.depth, np.random.default_rng(k))
        offsets += _mismatch(left, right, depth, confidence, 200 * rig.baseline)
    assert len(offsets) > 100
    assert np.median(np.abs(offsets)) < 0.5
    assert abs(np.median(offsets)) < 0.1, "no bias either"


def _mismatch(
    left: np.ndarray, right: np.ndarray, depth: np.ndarray, confidence: np.ndarray, focal_baseline: float
) -> list[float]:
    """Best horizontal shift of patches of the right image against where depth says they are, full-size pixels."""
    shifts = np.arange(-3, 3.01, 0.1)
    half = 7
    out = []
    for row in range(20, 236, 6):
        for column in range(60, 236, 6):
            z = depth[row - 3 : row + 4, column - 3 : column + 4]
            if not (z > 0).all() or np.ptp(z) > 0.05 * z.mean() or confidence[row, column] < 120:
                continue
            v, u = np.mgrid[-half : half + 1, -half : half + 1]
            v, u = v + 2 * row, u + 2 * column
            patch = left[v, u]
            if patch.std() < 4:
                continue
            at = map_coordinates(depth, [(v - 0.5) / 2, (u - 0.5) / 2], order=1)
            moved = [
                map_coordinates(right, [v, u - focal_baseline / at + shift], order=1, mode="nearest")
                for shift in shifts
            ]
            scores = np.array([np.corrcoef(patch.ravel(), other.ravel())[0, 1] for other in moved])
            if scores.max() > 0.8:
                out.append(float(shifts[scores.argmax()]))
    return out


def test_integrated_gyro_follows_the_pose(episode: Episode) -> None:
    imu = episode.imu
    inside = (imu.times_s >= 0) & (imu.times_s <= episode.clock.times_s[-1])
    turned = np.eye(3)
    for rate, step in zip(imu.gyro[inside][:-1], np.diff(imu.times_s[inside]), strict=True):
        turned = turned @ geometry.rotvec_to_matrix(rate * step)
    R = episode.pose.values[:, :3, :3]
    error = geometry.matrix_to_rotvec((R[0].T @ R[-1]).T @ turned)
    assert np.degrees(np.linalg.norm(error)) / episode.clock.times_s[-1] < 0.5
    mean = (R[imu.keyframes is not None and slice(None)] @ imu.accel[imu.keyframes][:, :, None]).mean(0)[:, 0]
    assert mean[2] == pytest.approx(9.81, abs=0.5), "gravity is along -z of the world"


def test_hand_joints_land_on_the_rendered_hands(episode: Episode, arrays: dict[str, np.ndarray]) -> None:
    rig = episode.rig
    assert rig is not None
    hit = total = 0
    labels = {"left": truth.LEFT_HAND, "right": truth.RIGHT_HAND}
    T_world_left = episode.T_world_camera("stereo_left")
    for k in range(0, episode.num_frames, 5):
        depth = episode.depth.frames(k, k + 1)[0][0]
        for side, label in labels.items():
            world = geometry.apply(T_world_left[k], episode.hand(side).values[k])
            for view in VIEWS:
                T_camera_world = geometry.invert(episode.T_world_camera(view, k, k + 1)[0])
                points = geometry.apply(T_camera_world, world)
                pixels, seen = rig[view].project(points)
                mask = arrays[f"mask_{view}"][k]
                columns, rows = np.round(pixels[seen]).astype(int).T
                found = mask[rows, columns]
                # Another thing, arm or hand at the pixel can only hide the joint if it is nearer.
                free = np.isin(found, [label, truth.ROOM])
                if view == "stereo_left":
                    behind = depth[rows // 2, columns // 2]
                    free |= behind > points[seen, 2] + 0.03
                on = binary_dilation(mask == label, iterations=1)[rows, columns]
                hit += int((on & free).sum())
                total += int(free.sum())
    assert total > 500
    assert hit / total >= 0.95


def test_sounds_start_within_a_frame_of_their_cause(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    rate = 48000
    wave = np.abs(Audio(folder / "fisheye_cam0.mp4").mono(rate))
    times = np.sort(arrays["sound_times_s"])
    alone = [t for t in times if 0.1 < t < 2.9 and (np.abs(times - t) < 0.25).sum() == 1]
    assert alone, "the recording has sounds apart from others"
    for time in alone:
        start = round(time * rate)
        quiet = wave[start - rate // 20 : start - rate // 500].max()
        after = wave[start - rate // 500 : start + rate // 4]
        assert after.max() > 3 * quiet
        onset = np.argmax(after > 2 * quiet) / rate - 0.002
        assert -0.01 < onset < 0.05


def test_all_views_carry_the_same_sound(folder: Path) -> None:
    waves = [Audio(folder / f"{view}.mp4").mono() for view in VIEWS]
    assert len(waves[0]) > 2.9 * 16000
    for wave in waves[1:]:
        np.testing.assert_array_equal(wave, waves[0])


def test_frames_of_the_videos_follow_the_frame_clock(episode: Episode) -> None:
    for view in VIEWS:
        times = episode.video(view).times_s()
        np.testing.assert_allclose(times, episode.clock.times_s, atol=2e-6)
        assert len(list(episode.video(view).decode())) == episode.num_frames


def test_fisheye_corners_are_black_and_the_rest_is_lit(episode: Episode) -> None:
    for view in VIEWS:
        image = episode.video(view).frames(10, 11)[0].max(2)
        if view.startswith("fisheye"):
            assert image[:8, :8].max() < 12
            assert image[-8:, -8:].max() < 12
        height, width = image.shape
        assert np.median(image[height // 4 : -height // 4, width // 4 : -width // 4]) > 30


def test_truth_names_what_the_masks_show(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    beside = folder.parents[1] / truth.TRUTH_FOLDER / f"{folder.parent.name}__{folder.name}"
    facts = json.loads((beside / truth.FACTS).read_text())
    known = {*facts["labels"].values(), *(thing["id"] for thing in facts["things"])}
    for view in VIEWS:
        assert set(np.unique(arrays[f"mask_{view}"])) <= known
    assert facts["faults"] == []
    assert len(facts["sounds"]) == len(arrays["sound_times_s"])
