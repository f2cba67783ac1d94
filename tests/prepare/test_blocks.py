"""Each block against the plain way, on whole recordings and on what real ones do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from plain_recordings import annotation, assert_equal, episode, mp4, plain

from xperience.episode import Episode
from xperience.prepare import contract
from xperience.prepare.blocks import registry
from xperience.prepare.blocks.text import hashed
from xperience.prepare.extraction import extract
from xperience.prepare.features import FeatureTable

VIDEO = "video_stereo_left"
AUDIO = "audio_fisheye_cam0_aac"
DEPTH = "depth_confidence"


def only(folder: Path, *, frames: int = 30, **changes: Any) -> Path:
    """An episode with an annotation and no video."""
    folder.mkdir(parents=True)
    annotation(folder / "annotation.hdf5", frames, **changes)
    return folder


def test_registry_is_the_contract() -> None:
    assert tuple(registry()) == tuple(contract.BY_NAME)


def test_all_blocks_of_a_whole_recording(tmp_path: Path) -> None:
    folder = episode(tmp_path / "s" / "ep1", 37)
    table = extract(folder)
    assert table.x.shape == (4, 8546) and table.x.dtype == np.float32
    assert_equal(table, plain(folder))
    assert (table.presence == 1).all(), table.manifest()
    assert table.problems == ()


def test_all_blocks_of_a_simulated_recording(episode_path: Path) -> None:
    table, expected = extract(episode_path), plain(episode_path)
    assert_equal(table, expected, *(name for name in table.blocks if table.present[name]))
    absent = [name for name in table.blocks if not table.present[name]]
    assert all(not np.abs(expected.get(name, np.zeros(1))).any() for name in absent), absent


def test_hands_of_the_real_sample(real: Path) -> None:
    table = extract(real / "xperience_sample_partial")
    present = {name for name, there in table.present.items() if there}
    assert present == {
        "hand_left_joints", "hand_right_joints", "caption_objects_interaction_text", "calibration",
    }  # fmt: skip
    folder = real / "xperience_sample_partial"
    assert_equal(table, plain(folder), *present)
    share = table.share("hand_left_joints")
    tracked = (table.windows.start_frame >= 4075) & (table.windows.end_frame <= 5819)
    assert (share[tracked] == 1).all() and (share[table.windows.end_frame < 4075] == 0).all()
    for name in table.blocks.keys() - present:
        assert not table.block(name).any() and table.reasons[name]


@pytest.mark.parametrize("size", [(64, 76), (70, 90), (512, 512), (66, 64)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p", "yuv444p"])
def test_video_sizes_and_formats(tmp_path: Path, size: tuple[int, int], pix_fmt: str) -> None:
    folder = only(tmp_path / "s" / "ep1")
    mp4(folder / "stereo_left.mp4", 30, *size, pix_fmt=pix_fmt)
    assert_equal(extract(folder), plain(folder), VIDEO)


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("size", [(64, 96), (70, 90)])
def test_rotated_video(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    folder = only(tmp_path / "s" / "ep1")
    mp4(folder / "stereo_left.mp4", 30, *size, rotation=rotation)
    table = extract(folder)
    assert_equal(table, plain(folder), VIDEO)
    mp4(folder / "stereo_left.mp4", 30, *size)
    assert np.abs(extract(folder).block(VIDEO) - table.block(VIDEO)).max() > 0.01, "rotation made no difference"


def test_video_shorter_than_the_annotation_repeats_its_last_frame(tmp_path: Path) -> None:
    folder = only(tmp_path / "s" / "ep1", frames=40)
    mp4(folder / "stereo_left.mp4", 27)
    table = extract(folder)
    assert_equal(table, plain(folder), VIDEO)
    np.testing.assert_allclose(table.share(VIDEO), [1, 1, 17 / 20, 12 / 20, 7 / 20])
    assert [(p.field, p.found) for p in table.problems] == [("stereo_left.mp4", "27 frames")]


def test_video_longer_than_the_annotation(tmp_path: Path) -> None:
    folder = only(tmp_path / "s" / "ep1")
    mp4(folder / "stereo_left.mp4", 50)
    assert_equal(extract(folder), plain(folder), VIDEO)


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("seconds", [1.5, 1.1, 4.0])
def test_sound(tmp_path: Path, layout: str, seconds: float) -> None:
    folder = only(tmp_path / "s" / "ep1")
    mp4(folder / "fisheye_cam0.mp4", 30, sound_s=seconds, layout=layout)
    table = extract(folder)
    assert_equal(table, plain(folder), AUDIO)
    assert (table.share(AUDIO)[-1] == 1) == (seconds > 1.2)


def test_silence_is_heard_and_no_sound_is_absent(tmp_path: Path) -> None:
    folder = only(tmp_path / "s" / "ep1")
    mp4(folder / "fisheye_cam0.mp4", 30, sound_s=0)
    table = extract(folder)
    assert not table.present[AUDIO] and "no sound" in table.reasons[AUDIO]
    assert not table.block(AUDIO).any()
    assert table.problems == ()


def depth_case(kind: str) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    images = rng.uniform(0.3, 7, (30, 32, 32)).astype(np.float32)
    confidence: Any = rng.integers(0, 256, (30, 32, 32))
    if kind == "holes of all kinds":
        images[:, ::3], images[:, 1, 1], images[:, 2, 2], images[:, 4, 4] = np.nan, np.inf, -np.inf, -1
        images[7:9] = np.nan
    elif kind == "nothing valid in some frames":
        images[3:12] = 0
    elif kind == "shorter than the annotation":
        images, confidence = images[:22], confidence[:22]
    elif kind == "no confidence":
        confidence = None
    elif kind == "confidence of 0 and 1":
        confidence = rng.integers(0, 2, (30, 32, 32))
    elif kind == "a flat wall far away":
        images = (5 + 1e-3 * rng.normal(size=(30, 32, 32))).astype(np.float32)
        images[:, :3] = 0
    elif kind == "odd size":
        images = rng.uniform(0.3, 7, (30, 45, 50)).astype(np.float32)
        confidence = rng.integers(0, 256, (30, 45, 50))
    return {"depth__depth": images, "depth__confidence": confidence}


@pytest.mark.parametrize(
    "kind",
    [
        "holes of all kinds", "nothing valid in some frames", "shorter than the annotation", "no confidence",
        "confidence of 0 and 1", "a flat wall far away", "odd size",
    ],
)  # fmt: skip
def test_depth(tmp_path: Path, kind: str) -> None:
    folder = only(tmp_path / "s" / "ep1", **depth_case(kind))
    table = extract(folder)
    assert_equal(table, plain(folder), DEPTH)
    without = {"holes of all kinds": 2, "nothing valid in some frames": 9, "shorter than the annotation": 8}
    assert table.share(DEPTH)[0] == (1 - without.get(kind, 0) / 20 if kind != "shorter than the annotation" else 1)


def test_depth_range_that_is_not_stored(tmp_path: Path) -> None:
    folder = only(tmp_path / "s" / "ep1", depth__depth_min=None, depth__depth_max=None)
    assert_equal(extract(folder), plain(folder), DEPTH)


def test_motion_with_gaps(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    hand, body = (rng.normal(size=(30, n, 3)).astype(np.float32) for n in (21, 52))
    hand[4:9], body[12] = np.nan, np.nan
    folder = only(tmp_path / "s" / "ep1", hand_mocap__left_joints_3d=hand, full_body_mocap__keypoints=body)
    table = extract(folder)
    assert_equal(table, plain(folder), "hand_left_joints", "hand_right_joints", "body_joints")
    np.testing.assert_allclose(table.share("hand_left_joints"), [14 / 20, 15 / 20, 19 / 20])
    np.testing.assert_allclose(table.share("body_joints"), [19 / 20] * 3)


def test_hands_without_a_body_stay_where_they_are(tmp_path: Path) -> None:
    folder = only(tmp_path / "s" / "ep1", full_body_mocap__keypoints=None)
    table = extract(folder)
    assert_equal(table, plain(folder), "hand_left_joints", "hand_right_joints")
    assert not table.present["body_joints"]


@pytest.mark.parametrize("batched", [False, True])
def test_streams_shorter_or_longer_than_the_clock(tmp_path: Path, batched: bool) -> None:
    rng = np.random.default_rng(4)
    hand, body, contacts = rng.normal(size=(33, 21, 3)), rng.normal(size=(27, 52, 3)), rng.random((12, 21))
    folder = only(
        tmp_path / "s" / "ep1",
        hand_mocap__left_joints_3d=hand,
        full_body_mocap__keypoints=body[None] if batched else body,
        full_body_mocap__contacts=contacts[None] if batched else contacts,
        slam__quat_wxyz=rng.normal(size=(24, 4)),
        slam__trans_xyz=rng.normal(size=(24, 3)),
        imu__keyframe_indices=10 * np.arange(27),
    )
    table = extract(folder)
    names = ("hand_left_joints", "body_joints", "body_contacts", "camera_translation", "camera_rotation_matrix")
    assert_equal(table, plain(folder), *names, "imu_accel_gyro")
    np.testing.assert_allclose(table.share("hand_left_joints"), [1, 1, 1])
    np.testing.assert_allclose(table.share("body_contacts"), [12 / 20, 7 / 20, 2 / 20])
    np.testing.assert_allclose(table.share("camera_translation"), [1, 19 / 20, 14 / 20])
    np.testing.assert_allclose(table.share("imu_accel_gyro"), [1, 1, 0])


def test_key_samples_out_of_range_are_clamped(tmp_path: Path) -> None:
    keys = 10 * np.arange(30)
    keys[0], keys[24:] = -50, 10_000
    folder = only(tmp_path / "s" / "ep1", imu__keyframe_indices=keys)
    table = extract(folder)
    assert_equal(table, plain(folder), "imu_accel_gyro")
    keys = np.full(30, 10_000)  # one sample a window, at the end
    other = only(tmp_path / "s" / "ep2", imu__keyframe_indices=keys)
    block = extract(other).block("imu_accel_gyro")
    assert block[:, :6].any() and not block[:, 24:].any()


@pytest.mark.parametrize(
    "changes, name",
    [
        ({"slam__point_cloud": np.zeros((0, 3))}, "slam_point_cloud"),
        ({"slam__point_cloud": None}, "slam_point_cloud"),
        ({"slam__point_cloud": np.full((5, 3), np.nan)}, "slam_point_cloud"),
        ({"hand_mocap__left_joints_3d": np.full((30, 21, 3), np.nan)}, "hand_left_joints"),
        ({"imu__keyframe_indices": None}, "imu_accel_gyro"),
        ({"imu__accel_xyz": np.zeros((0, 3))}, "imu_accel_gyro"),
        ({"calibration__cam3__K": None}, "calibration"),
        ({"calibration__cam01__T_c0_b": None}, "camera_translation"),
        ({"slam__quat_wxyz": None}, "camera_rotation_matrix"),
        ({"caption": None}, "caption_objects_interaction_text"),
        ({"caption": "{"}, "caption_objects_interaction_text"),
        ({"depth__depth": np.zeros((30, 8, 8))}, DEPTH),
        ({"depth__depth": None}, DEPTH),
    ],
)
def test_absent_blocks_keep_their_place_and_say_why(tmp_path: Path, changes: dict[str, Any], name: str) -> None:
    table = extract(only(tmp_path / "s" / "ep1", **changes))
    assert table.x.shape == (3, 8546)
    assert not table.present[name] and table.reasons[name]
    assert not table.block(name).any() and not table.share(name).any()


def test_points_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    spoilt = np.concatenate([points, np.full((50, 3), np.nan, np.float32)])
    table = extract(only(tmp_path / "s" / "ep1", slam__point_cloud=spoilt))
    assert_equal(table, plain(only(tmp_path / "s" / "ep2", slam__point_cloud=points)), "slam_point_cloud")
    assert table.share("slam_point_cloud")[0] == pytest.approx(0.8)


def test_words_of_the_caption() -> None:
    vector = hashed("Cup cup, CUP!  kettle")
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert sorted(np.abs(vector[vector != 0]).round(4)) == [round(1 / 10**0.5, 4), round(3 / 10**0.5, 4)]
    assert not hashed("...").any()


def test_wrong_shapes_are_absent_with_the_reason(tmp_path: Path) -> None:
    folder = only(tmp_path / "s" / "ep1", full_body_mocap__contacts=None)
    with h5py.File(folder / "annotation.hdf5", "a") as file:
        file["full_body_mocap/contacts"] = np.zeros((30, 5))
        del file["depth/depth"]
        file["depth/depth"] = np.zeros((30, 4))
    table = extract(folder)
    assert not table.present["body_contacts"] and not table.present[DEPTH]
    assert {p.field for p in table.problems} >= {"full_body_mocap/contacts", "depth/depth"}
    assert table.present["body_joints"]


@pytest.mark.parametrize("frames, rows", [(0, 0), (1, 0), (19, 0), (20, 1), (21, 1)])
def test_short_recordings(tmp_path: Path, frames: int, rows: int) -> None:
    folder = only(tmp_path / "s" / "ep1", frames=30)
    if frames != 30:
        with h5py.File(folder / "annotation.hdf5", "a") as file:
            names = file["slam/frame_names"][:frames]
            del file["slam/frame_names"]
            file["slam/frame_names"] = names
    with Episode.open(folder) as recording:
        table: FeatureTable = extract(recording)
    assert table.x.shape == (rows, 8546) and table.presence.shape == (rows, 18)
    assert len(table.windows) == rows
