"""Every stream of a recording: values, presence, validity, and a clock that nothing else has to follow."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from handmade import START_NS, STEP_NS, counted, datasets, number_of, stamps, write

from xperience.episode import MODALITIES, Episode, Presence, layout
from xperience.episode.clock import nearest
from xperience.episode.inspect import describe, render
from xperience.errors import FormatError, MissingError

Recording = Callable[..., Path]
Encode = Callable[..., Path]


def test_a_complete_recording(recording: Recording, encode: Encode) -> None:
    folder = recording()
    for name in (f"fisheye_cam{k}" for k in range(4)):
        encode(folder / f"{name}.mp4", counted(40), sound=np.zeros(96_000))
    for name in ("stereo_left", "stereo_right"):
        encode(folder / f"{name}.mp4", counted(40, 32, 32), sound=np.zeros(96_000))
    values = datasets()
    with Episode.open(folder) as episode:
        assert set(episode.presence.values()) == {Presence.PRESENT}
        assert [p.what for p in episode.problems] == ["times that are no device timestamps"]
        assert episode.id == "session__ep0" and episode.session == "session"
        assert (episode.clock.times_ns == stamps()).all() and episode.clock.source == "slam/frame_names"
        assert episode.clock.fps == pytest.approx(20, rel=1e-2) and episode.clock.mean_fps == pytest.approx(
            20, rel=1e-3
        )
        assert episode.clock.duration_s == pytest.approx(2.0, abs=0.01)
        for side in ("left", "right"):
            np.testing.assert_allclose(episode.hand(side).values, values[f"hand_mocap/{side}_joints_3d"], rtol=1e-6)
            assert episode.hand(side).valid.all() and episode.hand(side).frame == "stereo_left"
            mano = episode.hand_mano(side)
            assert {k: v.shape for k, v in mano.items()} == {
                "translation": (40, 3),
                "pose": (40, 15, 3),
                "global_orient": (40, 3),
                "betas": (40, 10),
            }
        np.testing.assert_allclose(episode.body.values, values["full_body_mocap/keypoints"], rtol=1e-6)
        np.testing.assert_allclose(episode.contacts.values, values["full_body_mocap/contacts"], rtol=1e-6)
        assert episode.body_pose("root").values.shape == episode.body_pose("cpf").values.shape == (40, 4, 4)
        assert episode.body_rotations("body_quats").values.shape == (40, 21, 4)
        assert episode.body_rotations("left_hand_quats").valid.all()
        assert episode.body_shape is not None and episode.body_shape.shape == (40, 16)
        assert episode.point_cloud is not None and episode.point_cloud.dtype == np.float32
        depth, confidence = episode.depth.frames(5, 9)
        np.testing.assert_allclose(depth, values["depth/depth"][5:9], rtol=1e-6)
        assert confidence is not None and (confidence == values["depth/confidence"][5:9]).all()
        assert (episode.depth.scale, episode.depth.depth_min, episode.depth.depth_max) == (0.5, 0.2, 5.0)
        assert [start for start, _, _ in episode.depth.blocks(16)] == [0, 16, 32]
        assert episode.imu.rate_hz == pytest.approx(200, rel=0.05) and len(episode.imu) == 391
        assert (episode.imu.keyframes == np.arange(40) * 10).all()
        assert number_of(episode.video("fisheye_cam2").frames(33, 34)[0]) == 33
        assert len(episode.audio.mono()) > 31_000
        assert episode.metadata == dict.fromkeys(layout.METADATA_KEYS, 1.5)
        assert episode.ground_height == 1.5 and episode.stored_length_s == 2.0
        assert episode.frame_numbers is not None and (episode.frame_numbers == np.arange(40)).all()
        assert episode.rig is not None and episode.rig["stereo_left"].size == (32, 32)
        assert episode.caption is not None and episode.caption.main_task == "Making tea"
        assert episode.labels.action[3] == "Grasp kettle" and episode.labels.subtask[-1] == "Boil water"


def test_by_file_and_by_folder(recording: Recording) -> None:
    folder = recording()
    with Episode.open(folder) as one, Episode.open(str(folder / layout.ANNOTATION)) as other:
        assert one.id == other.id and one.num_frames == other.num_frames


# -- absent, invalid, zero ---------------------------------------------------------------------------------------


def test_without_slam_body_and_contacts(recording: Recording) -> None:
    """As 8 of 128 real episodes are. The clock, and with it the labels, come from the video's own times."""
    gone = {path: None for path in datasets(1) if path.startswith(("slam/", "full_body_mocap/"))}
    with Episode.open(recording(changes=gone)) as episode:
        assert episode.clock.source == "video/device_timestamp"
        assert episode.labels.action[3] == "Grasp kettle" and episode.labels.objects[2] == ("kettle", "tap")
        state = {name for name, presence in episode.presence.items() if presence is Presence.PRESENT}
        assert state == {"depth", "hand_left", "hand_right", "imu", "calibration", "caption"}
        for signal in (episode.pose, episode.body, episode.contacts, episode.hand_world("left")):
            assert signal.presence is Presence.ABSENT and len(signal) == 0 and signal.reason
        with pytest.raises(MissingError):
            episode.T_world_camera("stereo_left")


def test_nothing_but_a_clock(recording: Recording) -> None:
    gone = {path: None for path in datasets(1) if path != "slam/frame_names"}
    with Episode.open(recording(changes=gone)) as episode:
        assert set(episode.presence) == set(MODALITIES)
        assert set(episode.presence.values()) == {Presence.ABSENT}
        assert episode.problems == [] and episode.rig is None and episode.caption is None
        assert episode.ground_height == layout.DEFAULT_GROUND_HEIGHT and episode.metadata == {}
        assert "not in the f" in render(describe(episode))


def test_without_any_clock(recording: Recording) -> None:
    folder = recording(changes={"slam/frame_names": None, "video/device_timestamp": None})
    with Episode.open(folder) as episode:
        with pytest.raises(FormatError, match="no frame clock") as caught:
            episode.labels  # noqa: B018
        assert caught.value.expected and caught.value.hint
        with pytest.raises(FormatError, match="no frame clock"):
            episode.presence  # noqa: B018


def test_invalid_is_neither_absent_nor_zero(recording: Recording) -> None:
    left = np.ones((40, 21, 3))
    left[10:20], left[20:25], left[25, 3, 1] = np.nan, 0, np.inf
    body = np.ones((40, 52, 3))
    body[5], body[6, :51] = np.nan, np.nan
    contacts = np.zeros((40, 21))
    quat, trans = np.tile([1.0, 0, 0, 0], (40, 1)), np.zeros((40, 3))
    quat[3], quat[4], trans[5] = 0, np.nan, np.inf
    changes = {
        "hand_mocap/left_joints_3d": left,
        "hand_mocap/right_joints_3d": np.full((40, 21, 3), np.nan),
        "full_body_mocap/keypoints": body,
        "full_body_mocap/contacts": contacts,
        "slam/quat_wxyz": quat,
        "slam/trans_xyz": trans,
    }
    with Episode.open(recording(changes=changes)) as episode:
        assert np.flatnonzero(~episode.hand("left").valid).tolist() == list(range(10, 26))
        assert episode.hand("right").present and not episode.hand("right").valid.any()
        assert np.flatnonzero(~episode.body.valid).tolist() == [5]  # a frame with one joint tracked is of use
        assert episode.contacts.valid.all()  # touching nothing is a measurement
        assert np.flatnonzero(~episode.pose.valid).tolist() == [3, 4, 5]
        cameras = episode.T_world_camera("fisheye_cam1")
        assert np.isnan(cameras[3:6]).all() and np.isfinite(np.delete(cameras, [3, 4, 5], 0)).all()
        world = episode.hand_world("left")
        assert np.flatnonzero(world.valid).tolist() == [0, 1, 2, *range(6, 10), *range(26, 40)]
        assert np.isnan(world.values[~world.valid]).all() and np.isfinite(world.values[world.valid]).all()
        assert not episode.hand_world("right").valid.any()
        assert episode.presence["hand_right"] is Presence.PRESENT


def test_hands_in_the_world_by_hand(recording: Recording) -> None:
    """A camera one metre up that looks along world x: its z is world x, its x is world -y, its y is world -z."""
    T_camera_world = np.array([[0.0, -1, 0, 0], [0, 0, -1, 1], [1, 0, 0, 0], [0, 0, 0, 1]])
    changes = {
        "slam/quat_wxyz": np.tile([1.0, 0, 0, 0], (40, 1)),
        "slam/trans_xyz": np.zeros((40, 3)),
        "calibration/cam01/T_c0_b": T_camera_world,
        "hand_mocap/left_joints_3d": np.tile([0.1, 0.2, 0.5], (40, 21, 1)),
    }
    with Episode.open(recording(changes=changes)) as episode:
        np.testing.assert_allclose(episode.hand_world("left").values[7, 4], [0.5, -0.1, 0.8], atol=1e-6)


def test_leading_axis_of_one(recording: Recording) -> None:
    names = {
        "full_body_mocap/keypoints": (52, 3),
        "full_body_mocap/contacts": (21,),
        "full_body_mocap/Ts_world_root": (7,),
        "full_body_mocap/body_quats": (21, 4),
    }
    plain = {name: np.random.default_rng(1).normal(size=(40, *tail)) for name, tail in names.items()}
    with (
        Episode.open(recording(changes=plain)) as one,
        Episode.open(recording(changes={name: value[None] for name, value in plain.items()})) as other,
    ):
        for a, b in (
            (one.body, other.body),
            (one.contacts, other.contacts),
            (one.body_pose("root"), other.body_pose("root")),
            (one.body_rotations("body_quats"), other.body_rotations("body_quats")),
        ):
            assert len(b) == 40
            np.testing.assert_array_equal(a.values, b.values)
    only = {"full_body_mocap/keypoints": np.ones((1, 52, 3))}
    with Episode.open(recording(1, changes=only)) as episode:
        assert episode.body.values.shape == (1, 52, 3)


# -- clocks and lengths ------------------------------------------------------------------------------------------


def test_streams_of_other_lengths_than_the_clock(recording: Recording, encode: Encode) -> None:
    changes = {
        "hand_mocap/left_joints_3d": np.ones((35, 21, 3)),
        "full_body_mocap/keypoints": np.ones((50, 52, 3)),
        "slam/quat_wxyz": np.tile([1.0, 0, 0, 0], (30, 1)),
        "depth/depth": np.ones((44, 8, 8)),
        "imu/gyro_xyz": np.ones((300, 3)),
        "imu/keyframe_indices": np.arange(38) * 10,
    }
    folder = recording(changes=changes)
    encode(folder / "stereo_left.mp4", counted(37))
    with Episode.open(folder) as episode:
        assert episode.presence["stereo_left"] is Presence.PRESENT
        for signal in (episode.hand("left"), episode.body, episode.pose):
            assert len(signal) == 40  # at the clock's length always; what is missing is invalid
        assert episode.hand("left").valid.sum() == 35 and np.isnan(episode.hand("left").values[35:]).all()
        assert episode.body.valid.all()
        assert episode.pose.valid.sum() == 30
        assert len(episode.depth) == 40 and len(episode.depth.frames(38, 60)[0]) == 2
        assert not episode.depth.has_confidence
        assert len(episode.imu) == 300
        noted = {p.field for p in episode.problems}
        assert noted >= {
            "hand_mocap/left_joints_3d",
            "full_body_mocap/keypoints",
            "slam/quat_wxyz",
            "depth/depth",
            "depth/confidence",
            "imu",
            "imu/keyframe_indices",
            "stereo_left.mp4",
        }


def test_unsorted_clock(recording: Recording) -> None:
    times = stamps()
    times[10], times[20] = times[11], times[5]
    names = np.array([str(t) for t in times], "S14")
    with Episode.open(recording(changes={"slam/frame_names": names})) as episode:
        assert not episode.clock.monotonic
        assert (episode.clock.times_ns == times).all()  # as stored: nothing is sorted behind the reader's back
        assert [p.found for p in episode.problems] == ["2 steps back or still"]
        assert episode.hand("left").times_s[20] == pytest.approx(episode.hand("left").times_s[5])
        assert len(episode.labels) == 40


@pytest.mark.parametrize("bad", [b"frame_000001", b"", b"-5", b"99999999999999999999", b"1e9"])
def test_frame_names_that_are_no_times(recording: Recording, bad: bytes) -> None:
    names = np.array([str(t) for t in stamps()], "S20")
    names[7] = bad
    with Episode.open(recording(changes={"slam/frame_names": names})) as episode:
        assert episode.clock.source == "video/device_timestamp"
        assert "at frame 7" in episode.problems[0].found


@pytest.mark.parametrize("kind", ["suffix", "vlen", "bytes", "void"])
def test_frame_names_of_other_kinds(recording: Recording, kind: str) -> None:
    text = [str(t) for t in stamps()]

    def store(file: h5py.File) -> None:
        del file["slam/frame_names"]
        if kind == "suffix":
            file["slam/frame_names"] = np.array([t + ".jpg" for t in text], "S")
        elif kind == "vlen":
            file.create_dataset("slam/frame_names", data=text, dtype=h5py.string_dtype())
        elif kind == "bytes":
            file["slam/frame_names"] = np.array(text, "S20").view(np.uint8).reshape(40, 20)
        else:
            file["slam/frame_names"] = np.array(text, "S20").view("V20")

    with Episode.open(recording(edit=store)) as episode:
        assert (episode.clock.times_ns == stamps()).all() and episode.clock.source == "slam/frame_names"


def test_times_as_floats(recording: Recording) -> None:
    def store(file: h5py.File, values: np.ndarray) -> None:
        del file["video/device_timestamp"], file["slam"]
        file["video/device_timestamp"] = values

    good = stamps().astype(np.float64)
    with Episode.open(recording(edit=lambda file: store(file, good[:, None]))) as episode:
        assert (episode.clock.times_ns == stamps()).all()
    for value in (np.nan, np.inf, 1e30, 0.5):
        bad = good.copy()
        bad[3] = value
        with Episode.open(recording(edit=lambda file, bad=bad: store(file, bad))) as episode:
            with pytest.raises(FormatError, match="no frame clock") as caught:
                episode.clock  # noqa: B018
            assert "not whole numbers" in str(caught.value.found)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_hardly_any_frames(recording: Recording, frames: int) -> None:
    with Episode.open(recording(frames)) as episode:
        assert episode.num_frames == frames == len(episode.labels) == len(episode.hand("left"))
        assert episode.clock.duration_s >= 0 and episode.clock.fps >= 0
        assert len(episode.T_world_camera("fisheye_cam3")) == frames
        assert len(episode.hand_world("right")) == frames
        assert len(episode.depth.frames()[0]) == frames and len(list(episode.depth.blocks())) == min(frames, 1)
        assert episode.labels.boundaries.tolist() == ([1] if frames == 2 else [])
        text = render(json.loads(json.dumps(describe(episode))))
        assert f"{frames} frames" in text


def test_nearest_frame_of_any_clock() -> None:
    assert nearest(np.array([30, 10, 20]), np.array([-5, 14, 15, 16, 99])).tolist() == [1, 1, 1, 2, 0]
    assert nearest(np.array([10, 10, 10]), np.array([10, 5])).tolist() == [0, 0]
    extreme = np.array([-(2**63), 2**63 - 1])
    assert nearest(extreme, np.array([-2, 1])).tolist() == [0, 1]


def test_imu_oddities(recording: Recording) -> None:
    accel = np.ones((391, 3))
    accel[7] = np.nan
    times = np.linspace(START_NS, START_NS + 40 * STEP_NS, 391).astype(np.int64)
    times[100:103] = times[100]
    keyframes = np.arange(40) * 10
    keyframes[-1] = 999
    changes = {
        "imu/accel_xyz": accel,
        "imu/device_timestamp_ns": times[:, None],
        "imu/keyframe_indices": keyframes[:, None],
    }
    with Episode.open(recording(changes=changes)) as episode:
        assert episode.imu.times_ns.shape == (391,)
        assert np.flatnonzero(~episode.imu.valid).tolist() == [7]
        assert episode.imu.keyframes is not None and episode.imu.keyframes[-1] == 999  # kept, and said
        assert {p.field for p in episode.problems} == {"imu/device_timestamp_ns", "imu/keyframe_indices"}


def test_depth_without_its_numbers(recording: Recording) -> None:
    gone = {"depth/scale": None, "depth/depth_min": None, "depth/depth_max": None, "depth/confidence": None}
    with Episode.open(recording(changes=gone)) as episode:
        assert episode.depth.present and not episode.depth.has_confidence
        assert episode.depth.frames(0, 2)[1] is None
        assert {p.field for p in episode.problems} == {"depth/scale", "depth/depth_min", "depth/depth_max"}


def test_broken_calibration_is_left_out_and_said(recording: Recording) -> None:
    skewed = np.eye(4)
    skewed[0, 1] = 0.5

    def spoil(file: h5py.File) -> None:
        file["calibration/cam1/T_cn_cnm1"][...] = skewed
        file["calibration/cam01/K"][...] = [0, 16, 7, 7]
        del file["calibration/cam3/distortion_model"]
        file["calibration/cam3/distortion_model"] = b"omnidirectional"

    with Episode.open(recording(edit=spoil)) as episode:
        assert episode.rig is not None and set(episode.rig.cameras) == {"fisheye_cam0"}  # 2 hangs on 1
        noted = {p.field: p.what for p in episode.problems}
        assert noted["calibration/cam1/T_cn_cnm1"] == "not a rigid transform"
        assert "before this one" in noted["calibration/cam2/T_cn_cnm1"]
        assert noted["calibration/cam01/K"] == "focal lengths are not positive"
        with pytest.raises(MissingError, match="not calibrated"):
            episode.T_world_camera("fisheye_cam2")


def test_lens_is_told_by_the_distortion_model(recording: Recording) -> None:
    def none(file: h5py.File) -> None:
        del file["calibration/cam2/distortion_model"]
        file["calibration/cam2/distortion_model"] = b"none"

    with Episode.open(recording(edit=none)) as episode:
        assert episode.rig is not None
        assert episode.rig["fisheye_cam0"].distortion == "equidistant"  # though its camera_model says pinhole
        assert episode.rig["fisheye_cam2"].distortion == "none"


def test_metadata_heights(recording: Recording) -> None:
    def heights(file: h5py.File) -> None:
        del file["metadata/ground_height"], file["metadata/floor_z"]
        del file["metadata/body_height"]
        file["body_height"] = 1.6
        file["metadata/name"] = "kitchen"
        file["metadata/odd"] = np.zeros((2, 2))

    with Episode.open(recording(edit=heights)) as episode:
        assert episode.ground_height == -1.6
        assert episode.metadata["name"] == "kitchen"
        assert "metadata/odd" in {p.field for p in episode.problems}


def test_broken_videos_are_absent_and_said(recording: Recording, encode: Encode) -> None:
    folder = recording()
    encode(folder / "fisheye_cam0.mp4", counted(40), faststart=True)
    (folder / "fisheye_cam1.mp4").write_bytes(b"nothing")
    content = encode(folder / "fisheye_cam2.mp4", counted(40), faststart=True).read_bytes()
    (folder / "fisheye_cam2.mp4").write_bytes(content[: int(len(content) * 0.9)])
    with Episode.open(folder) as episode:
        state = {view: episode.presence[view].name for view in ("fisheye_cam0", "fisheye_cam1", "fisheye_cam2")}
        assert state == {"fisheye_cam0": "PRESENT", "fisheye_cam1": "ABSENT", "fisheye_cam2": "PRESENT"}
        noted = {p.field: p.what for p in episode.problems}
        assert "cannot be opened" in noted["fisheye_cam1.mp4"] and "ends before" in noted["fisheye_cam2.mp4"]
        assert episode.rig is not None and episode.rig["fisheye_cam1"].size is None


# -- laziness ----------------------------------------------------------------------------------------------------

OPEN = r"""
import re, sys, time
from pathlib import Path
from xperience.episode import Episode

def peak():  # of this process alone: getrusage counts what it was forked from
    return int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

begin = time.perf_counter()
episode = Episode.open(sys.argv[1])
frames = episode.num_frames
seconds = time.perf_counter() - begin
opened = peak()
episode.labels, episode.pose, episode.depth.frames(4000, 4010)
print(seconds, opened, peak(), frames)
"""


def test_a_full_length_recording_opens_at_once(tmp_path: Path) -> None:
    """5,821 frames with depth and confidence at 256x256 (holes on disk): under 0.2 s, the process under 100 MB."""
    values = datasets(5821)
    del values["depth/depth"], values["depth/confidence"]
    folder = write(tmp_path / "long", values)
    with h5py.File(folder / layout.ANNOTATION, "r+") as file:
        for name, kind in (("depth", "f4"), ("confidence", "u1")):
            file.create_dataset(f"depth/{name}", shape=(5821, 256, 256), dtype=kind)[-1] = 1
    assert (folder / layout.ANNOTATION).stat().st_size > 1.9e9
    done = subprocess.run([sys.executable, "-c", OPEN, str(folder)], capture_output=True, text=True, check=True)
    seconds, opened, read, frames = map(float, done.stdout.split())
    assert frames == 5821
    assert seconds < 0.2
    assert opened < 100
    assert read < 150
