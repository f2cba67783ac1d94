"""Each check finds a hand-made defect: the right stream, the right stretch of time; a clean recording has no finding.

The recording lasts 6 s (120 frames, 1,200 IMU samples).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xperience.episode import Episode
from xperience.episode.geometry import rotvec_to_matrix
from xperience.quality.checks.contacts import FEET
from xperience.quality.gate import Quality
from xperience.quality.registry import all_checks
from xperience.quality.sync.audio_motion import impacts
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.stamps import change_caption, change_clock, change_imu_clock
from xperience.simulate.sensors.audio import RATE

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

Defect = Callable[[Editor], None]
LEFT, RIGHT = "hand_mocap/left_joints_3d", "hand_mocap/right_joints_3d"
BODY, CONTACTS = "full_body_mocap/keypoints", "full_body_mocap/contacts"
ACCEL, GYRO = "imu/accel_xyz", "imu/gyro_xyz"
DEPTH, MAP = "depth/depth", "slam/point_cloud"
SECOND = slice(40, 60)
"""Frames from 2 s to 3 s."""

PART = (2.0, 3.0)
ALL = (0.0, 6.0)
CASES: list[Any] = []


def case(
    check: str,
    modality: str,
    span: tuple[float, float] = ALL,
    effect: str = "limit",
    within: float = 0.3,
    name: str = "",
) -> Any:
    """Registers a defect and the finding that it must cause."""

    def register(defect: Defect) -> Defect:
        called = f"{check}-{name or defect.__name__}-{modality}"
        CASES.append(pytest.param(defect, check, modality, span, effect, within, id=called))
        return defect

    return register


def put(path: str, part: Any, value: Any) -> Defect:
    """Sets a part of a dataset."""

    def change(values: np.ndarray) -> np.ndarray:
        values[part] = value
        return values

    return lambda editor: editor.change(path, change)


def scaled(path: str, part: Any, factor: float) -> Defect:
    def change(values: np.ndarray) -> np.ndarray:
        values[part] = values[part] * factor
        return values

    return lambda editor: editor.change(path, change)


def held(paths: Iterable[str], part: slice) -> Defect:
    """Repeats the first value of a part."""

    def change(values: np.ndarray) -> np.ndarray:
        values[part] = values[part.start]
        return values

    def defect(editor: Editor) -> None:
        for path in paths:
            editor.change(path, change)

    return defect


def add(
    check: str,
    modality: str,
    defect: Defect,
    name: str,
    span: tuple[float, float] = ALL,
    effect: str = "limit",
    within: float = 0.3,
) -> None:
    case(check, modality, span, effect, within, name)(defect)


# -- files -------------------------------------------------------------------------------------------------------


@case("files", "point_cloud")
def no_map(editor: Editor) -> None:
    with editor.annotation() as file:
        del file[MAP]


@case("files", "hand_left")
def hand_of_another_shape(editor: Editor) -> None:
    editor.change(LEFT, lambda joints: joints[:, :20])


@case("files", "stereo_right")
def view_is_missing(editor: Editor) -> None:
    editor.path("stereo_right").unlink()


@case("files", "body")
def body_is_short(editor: Editor) -> None:
    editor.change(BODY, lambda joints: joints[:100])


# -- clocks ------------------------------------------------------------------------------------------------------


@case("clock", "clock", (2.0, 2.1), "fail")
def stamps_swapped(editor: Editor) -> None:
    def swap(stamps: np.ndarray) -> np.ndarray:
        stamps[[40, 41]] = stamps[[41, 40]]
        return stamps

    change_clock(editor, swap)


@case("clock", "clock", (3.0, 3.5))
def frames_lost(editor: Editor) -> None:
    change_clock(editor, lambda stamps: stamps + np.where(np.arange(len(stamps)) > 60, 400_000_000, 0))


@case("clock", "clock", (0.0, 12.0))
def half_the_rate(editor: Editor) -> None:
    change_clock(editor, lambda stamps: stamps[0] + 2 * (stamps - stamps[0]))


@case("clock_agreement", "clock")
def video_stamps_late(editor: Editor) -> None:
    editor.change("video/device_timestamp", lambda stamps: stamps + 100_000_000)


@case("clock_agreement", "imu")
def keyframes_outside(editor: Editor) -> None:
    editor.change("imu/keyframe_indices", lambda index: index + 600)


@case("clock_agreement", "imu")
def keyframes_late(editor: Editor) -> None:
    editor.change("imu/keyframe_indices", lambda index: np.minimum(index + 8, 1180))


# -- pose --------------------------------------------------------------------------------------------------------

add("pose", "pose", put("slam/trans_xyz", SECOND, np.nan), "not_finite", PART)
add("pose", "pose", put("slam/quat_wxyz", SECOND, 0), "zero", PART)
add("pose", "pose", scaled("slam/quat_wxyz", SECOND, 1.1), "not_unit", PART)
add("pose", "pose", held(("slam/trans_xyz", "slam/quat_wxyz"), SECOND), "frozen", PART)


@case("pose", "pose", (2.9, 3.1))
def leap(editor: Editor) -> None:
    editor.change("slam/trans_xyz", lambda place: place + np.where(np.arange(len(place)) >= 60, 2.0, 0.0)[:, None])


@case("pose", "pose", (2.9, 3.1))
def turned_around(editor: Editor) -> None:
    def flip(quat: np.ndarray) -> np.ndarray:
        quat[60:] = quat[60:] @ np.array([[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1], [0, 0, -1, 0]], float)
        return quat

    editor.change("slam/quat_wxyz", flip)


# -- hands and body ----------------------------------------------------------------------------------------------

for side, path in (("hand_left", LEFT), ("hand_right", RIGHT)):
    add("hands", side, put(path, SECOND, 0), f"zero_{side}", PART)
    add("hands", side, put(path, SECOND, np.nan), f"not_finite_{side}", PART)
add("hands", "hand_left", held((LEFT,), SECOND), "frozen", PART)
add("hands", "hand_left", scaled(LEFT, (SECOND, slice(5, 9)), 1.1), "bones", PART)
add("hands", "hand_right", scaled(RIGHT, slice(None), 1000), "millimetres")
add("body", "body", put(BODY, SECOND, 0), "zero", PART)
add("body", "body", put(BODY, SECOND, np.nan), "not_finite", PART)
add("body", "body", held((BODY,), SECOND), "frozen", PART)
add("body", "body", scaled(BODY, (SECOND, slice(16, 20)), 1.1), "bones", PART)
add("body", "body", scaled(BODY, slice(None), 1.5), "too_large")


@case("hands", "hand_left", (1.9, 3.1))
def wrist_jumps(editor: Editor) -> None:
    def jump(joints: np.ndarray) -> np.ndarray:
        joints[SECOND] += 1.0
        return joints

    editor.change(LEFT, jump)


@case("body", "body", PART)
def body_leaves_the_headset(editor: Editor) -> None:
    def move(joints: np.ndarray) -> np.ndarray:
        joints[SECOND] += [0.5, 0, 0]
        return joints

    editor.change(BODY, move)


@case("hands_swap", "hand_left", PART)
@case("hands_swap", "hand_right", PART)
def sides_swapped(editor: Editor) -> None:
    with editor.annotation() as file:
        left, right = file[LEFT], file[RIGHT]
        left[SECOND], right[SECOND] = right[SECOND], left[SECOND]


@case("hands_wrist", "hand_left", PART)
def lost_hold(editor: Editor) -> None:
    def away(values: np.ndarray) -> np.ndarray:
        values[SECOND] += np.array([0.0, 0.0, 0.4], values.dtype)
        return values

    editor.change(LEFT, away)


@case("hands_wrist", "hand_right")
def in_another_frame(editor: Editor) -> None:
    editor.change(RIGHT, lambda values: values + np.array([1.0, 0.0, 0.0], values.dtype))


add("contacts", "contacts", put(CONTACTS, SECOND, np.nan), "not_finite", PART)
add("contacts", "contacts", put(CONTACTS, (SECOND, 3), 7.0), "not_probabilities", PART)
add("contacts", "contacts", put(CONTACTS, (slice(None), list(FEET)), 0), "never_stands")
add("contacts", "contacts", put(CONTACTS, (slice(None, None, 2), 2), 1.0), "flickers")


# -- IMU ---------------------------------------------------------------------------------------------------------

SAMPLES = slice(400, 600)
add("imu", "imu", put(ACCEL, (slice(400, 440), 1), np.nan), "not_finite", (2.0, 2.2))
add("imu", "imu", put(ACCEL, (slice(400, 402), 0), 200.0), "spike", (2.0, 2.0))
add("imu", "imu", held((ACCEL, GYRO), SAMPLES), "stuck", PART)
add("imu", "imu", put(GYRO, (slice(400, 420), 2), 40.0), "turns_too_fast", (2.0, 2.1))
add("gravity", "imu", scaled(ACCEL, slice(None), 1 / 9.80665), "in_g")


@case("imu", "imu", PART)
def saturated(editor: Editor) -> None:
    def clip(values: np.ndarray) -> np.ndarray:
        limit = np.abs(values).max() + 1  # the sensor ends there: within the second it is reached
        values[SAMPLES, 0] = limit
        return values

    editor.change(GYRO, clip)


@case("imu", "imu", (2.0, 3.0))
def samples_lost(editor: Editor) -> None:
    keep = np.r_[0:400, 600:1200]
    for name in (ACCEL, GYRO, "imu/device_timestamp_ns"):
        editor.change(name, lambda values: values[keep[keep < len(values)]])
    change_imu_clock(editor, lambda stamps: stamps)


@case("imu", "imu", (0.0, 6.0))
def ends_early(editor: Editor) -> None:
    for name in (ACCEL, GYRO, "imu/device_timestamp_ns"):
        editor.change(name, lambda values: values[:800])
    editor.change("imu/keyframe_indices", lambda index: np.minimum(index, 799))


@case("imu", "imu", (2.0, 2.1))
def imu_clock_goes_back(editor: Editor) -> None:
    editor.change("imu/device_timestamp_ns", lambda stamps: stamps - np.where(np.arange(len(stamps)) == 400, 10**8, 0))


@case("gravity", "imu")
def axes_turned(editor: Editor) -> None:
    turn = rotvec_to_matrix(np.array([0.6, 0.0, 0.0]))
    for name in (ACCEL, GYRO):
        editor.change(name, lambda values: values @ turn.T)


# -- depth, map, calibration -------------------------------------------------------------------------------------

add("depth", "depth", put(DEPTH, SECOND, 0), "empty", PART)
add("depth", "depth", put(DEPTH, SECOND, np.nan), "not_finite", PART)
add("depth", "depth", put(DEPTH, (SECOND, slice(0, 8)), 100.0), "out_of_range", PART)
add("depth", "depth", held((DEPTH,), SECOND), "frozen", PART)
add("depth", "depth", put("depth/depth_min", (), 50.0), "range_upside_down")
add("depth_stereo", "depth", scaled(DEPTH, slice(None), 1.5), "too_far")
add("depth_stereo", "depth", scaled(DEPTH, slice(None), 0.75), "too_near")
add("point_cloud", "point_cloud", put(MAP, slice(0, 5), np.nan), "not_finite")
add("point_cloud", "point_cloud", put(MAP, slice(None), 1.0), "in_one_place")
add("point_cloud", "point_cloud", scaled(MAP, slice(None), 1000), "millimetres")
add("calibration", "calibration", put("calibration/cam01/baseline", (), 0.5), "baseline", ALL, "fail")
add("calibration", "calibration", scaled("calibration/cam1/K", slice(None), 10), "focal_length", ALL, "fail")
add("calibration", "calibration", put("calibration/cam2/K", 2, 1.0), "centre", ALL, "fail")
add("calibration", "calibration", put("calibration/cam2/D", slice(None), 0.5), "lens", ALL, "fail")
add("calibration", "calibration", put("calibration/cam3/T_cn_cnm1", (0, 3), 3.0), "chain", ALL, "fail")
add("files", "calibration", scaled("calibration/cam0/T_c_b", (slice(0, 3), slice(0, 3)), 1.2), "not_rigid")


@case("depth", "depth", (5.0, 6.0))
def depth_ends_early(editor: Editor) -> None:
    editor.change(DEPTH, lambda depth: depth[:100])


@case("point_cloud", "point_cloud")
def few_points(editor: Editor) -> None:
    editor.change(MAP, lambda points: points[:5])


# -- captions ----------------------------------------------------------------------------------------------------


def caption(name: str, how: Callable[[dict[str, Any]], None]) -> None:
    add("captions", "caption", lambda editor: change_caption(editor, how), name)


def actions(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for segment in data["segments"] for action in segment["Current Action"]]


def times(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda data: [action.update(values) for action in actions(data)] and None


caption("no_labels", times(label=" N/A "))
caption("frame_names", times(start_frame="frame_0000001", end_frame="frame_0000009"))
caption("long_ago", times(start_frame=5, end_frame=7))
caption("no_actions", lambda data: [s.update({"Current Action": []}) for s in data["segments"]] and None)
caption(
    "backwards",
    lambda data: [a.update(start_frame=a["end_frame"], end_frame=a["start_frame"]) for a in actions(data)] and None,
)


@case("files", "caption")
def not_json(editor: Editor) -> None:
    with editor.annotation() as file:
        text = file["caption"][()].decode()
        file["caption"][()] = text[: len(text) // 2]


# -- synchronisation ---------------------------------------------------------------------------------------------


@case("sync", "imu")
def imu_late(editor: Editor) -> None:
    change_imu_clock(editor, lambda stamps: stamps + 100_000_000)


@case("sync", "hand_left")
def hand_late(editor: Editor) -> None:
    editor.change(LEFT, lambda joints: joints[np.maximum(np.arange(len(joints)) - 6, 0)])


# -- videos ------------------------------------------------------------------------------------------------------


def pictures(view: str, how: Callable[[np.ndarray], np.ndarray]) -> Defect:
    def defect(editor: Editor) -> None:
        images, times_s = editor.frames(view)
        images = how(images)
        editor.write_video(view, images, times_s[: len(images)])

    return defect


def dark(images: np.ndarray) -> np.ndarray:
    images[SECOND] = 0
    return images


def still(images: np.ndarray) -> np.ndarray:
    images[SECOND] = images[40]
    return images


def late(images: np.ndarray) -> np.ndarray:
    return images[np.maximum(np.arange(len(images)) - 5, 0)]


add("video_black", "fisheye_cam1", pictures("fisheye_cam1", dark), "dark", PART)
add(
    "video_frozen", "stereo_left", pictures("stereo_left", still), "still", PART, "limit", 0.7
)  # the coder refines a while
add("video_decode", "fisheye_cam2", pictures("fisheye_cam2", lambda images: images[:100]), "short", (5.0, 6.0))
add("sync", "fisheye_cam3", pictures("fisheye_cam3", late), "late")


@case("video_decode", "fisheye_cam0", (2.5, 6.0), within=0.7)
def bytes_lost(editor: Editor) -> None:
    """The index first, as in files made for the web, so that what is there can be decoded."""
    path = editor.path("fisheye_cam0")
    front(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@case("video_decode", "fisheye_cam0", ALL, "fail")
def index_lost(editor: Editor) -> None:
    path = editor.path("fisheye_cam0")
    path.write_bytes(path.read_bytes()[:-500])


@case("video_duplicate", "fisheye_cam1", within=0.5)
@case("video_identity", "fisheye_cam1", ALL, "fail", within=2.1)
def same_view_twice(editor: Editor) -> None:
    images, times_s = editor.frames("fisheye_cam0")
    editor.write_video("fisheye_cam1", images, times_s)


@case("video_times", "stereo_right")
def container_runs_fast(editor: Editor) -> None:
    images, times_s = editor.frames("stereo_right")
    editor.write_video("stereo_right", images, times_s * 0.99)


@case("video_times", "stereo_right", (5.0, 6.0))
def container_leaves_the_clock(editor: Editor) -> None:
    images, times_s = editor.frames("stereo_right")
    editor.write_video("stereo_right", images, times_s + np.where(times_s > 5.0, 0.08, 0.0))


def front(path: Path) -> None:
    """Puts the index of an MP4 before its data."""
    import av

    fast = path.with_suffix(".fast.mp4")
    with av.open(str(path)) as source, av.open(str(fast), "w", options={"movflags": "faststart"}) as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}  # type: ignore[type-var]
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]  # type: ignore[assignment]
                target.mux(packet)
    fast.replace(path)


# -- sound -------------------------------------------------------------------------------------------------------


def one_file(editor: Editor) -> None:
    """Leaves one of the six files, which all carry the same sound."""
    for path in sorted(editor.folder.glob("*.mp4"))[1:]:
        path.unlink()


def sound(how: Callable[[np.ndarray], np.ndarray]) -> Defect:
    def defect(editor: Editor) -> None:
        one_file(editor)
        editor.change_sound(how)

    return defect


def silent(wave: np.ndarray) -> np.ndarray:
    wave[:, 96_000:144_000] = 0
    return wave


add("audio", "audio", sound(silent), "silent", PART)
add("audio", "audio", sound(lambda wave: np.sign(wave) * 0.99), "clipped")
add("audio", "audio", sound(lambda wave: wave[:, :192_000]), "short", (4.0, 6.0))


@case("files", "audio")
def no_sound(editor: Editor) -> None:
    import av

    one_file(editor)
    path = editor.path("fisheye_cam0")
    mute = path.with_suffix(".mute.mp4")
    with av.open(str(path)) as source, av.open(str(mute), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    mute.replace(path)


# -- the tests ---------------------------------------------------------------------------------------------------


def test_clean_recordings_have_no_finding(episodes_path: Path, judge: Callable[[Path], Quality]) -> None:
    for path in sorted(episodes_path.glob("[!_]*/ep*")):
        quality = judge(path)
        assert quality.verdict == "pass", quality.findings
        assert all(quality.presence.values())
        told = {(o.a, o.b) for o in quality.sync if o.status == "measured"}
        assert {("imu", "pose"), ("pose", "fisheye_cam0"), ("body", "hand_left")} <= told
        assert quality.sync_score is not None and quality.sync_score > 0.8
        assert quality.valid_ranges()["pose"] == [(0.0, quality.duration_s)]


@pytest.mark.parametrize(("defect", "check", "modality", "span", "effect", "within"), CASES)
def test_each_defect_is_found_where_it_is(
    defect: Defect,
    check: str,
    modality: str,
    span: tuple[float, float],
    effect: str,
    within: float,
    damaged: Callable[[Defect], Quality],
) -> None:
    quality = damaged(defect)
    found = [f for f in quality.findings if (f.check, f.modality) == (check, modality)]
    assert found, [(f.check, f.modality, f.reason) for f in quality.findings]
    for finding in found:
        assert finding.reason
        assert np.isfinite([finding.start_s, finding.end_s]).all()
    assert ("fail" if any(f.effect == "fail" for f in found) else "limit") == effect
    assert min(f.start_s for f in found) == pytest.approx(span[0], abs=within)
    assert max(f.end_s for f in found) == pytest.approx(span[1], abs=within)
    assert quality.verdict == ("fail" if any(f.effect == "fail" for f in quality.findings) else "limited")


def test_every_check_is_tried() -> None:
    """All of the registry, but for the fit of sound, which has a test of its own."""
    assert {case.values[1] for case in CASES} == {check.name for check in all_checks()} - {"sound_fit"}


def test_every_threshold_says_where_it_comes_from() -> None:
    for check in all_checks():
        assert check.question.endswith("?") and check.reads
        for name, bound in check.thresholds.items():
            assert len(bound.source) >= 10, (check.name, name)


@pytest.mark.parametrize("late_s", [0.0, 0.3, -0.25])
def test_sound_that_does_not_fit_the_motion(late_s: float, episode_path: Path, damaged: Any) -> None:
    """A click at each likely impact, all of them late or early by as much."""
    with Episode.open(episode_path) as episode:
        times = impacts(episode)
    assert len(times) >= 5

    def clicks(wave: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        wave = 1e-3 * rng.normal(size=wave.shape)
        for time in times + late_s:
            start = round(time * RATE)
            if 0 < start < wave.shape[1] - 2000:
                wave[:, start : start + 2000] += 0.5 * rng.normal(size=2000) * np.exp(-np.arange(2000) / 300)
        return wave

    quality = damaged(sound(clicks))
    (offset,) = [o for o in quality.sync if o.b == "audio"]
    assert offset.status == "measured" and offset.offset_s == pytest.approx(late_s, abs=0.05)
    said = {f.check for f in quality.findings if f.modality == "audio"}
    assert said == (set() if late_s == 0 else {"sync", "sound_fit"})
