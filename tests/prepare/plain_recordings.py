"""Small recordings for the tests of this package, with whatever streams, sizes and faults a test asks for."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from xperience.episode import Episode
from xperience.episode.cameras import VIEWS
from xperience.episode.writer import AnnotationWriter
from xperience.prepare.features import FeatureTable

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
import features_reference

START_NS = 1_700_000_000_000_000_000
STEP_NS = 50_000_000


def annotation(path: Path, frames: int = 30, **changes: Any) -> None:
    """A whole annotation.hdf5; a keyword `group__name` replaces that dataset, None leaves it out."""
    rng = np.random.default_rng(5)
    times = START_NS + STEP_NS * np.arange(frames)
    walk = lambda *shape: np.cumsum(rng.normal(0, 0.02, (frames, *shape)), axis=0)  # noqa: E731
    samples = 10 * frames
    data: dict[str, Any] = {
        "slam/frame_names": [str(t) for t in times],
        "slam/quat_wxyz": rng.normal(size=(frames, 4)),
        "slam/trans_xyz": walk(3),
        "slam/point_cloud": rng.normal(0, 2, (500, 3)).astype(np.float32),
        "hand_mocap/left_joints_3d": walk(21, 3),
        "hand_mocap/right_joints_3d": walk(21, 3),
        "full_body_mocap/keypoints": walk(52, 3),
        "full_body_mocap/contacts": rng.random((frames, 21)),
        "imu/device_timestamp_ns": START_NS + 5_000_000 * np.arange(samples),
        "imu/accel_xyz": rng.normal(0, 1, (samples, 3)) + np.array([0, 0, 9.8]),
        "imu/gyro_xyz": rng.normal(0, 1, (samples, 3)),
        "imu/keyframe_indices": 10 * np.arange(frames),
        "depth/depth": np.where(rng.random((frames, 32, 32)) < 0.1, 0, rng.uniform(0.3, 6, (frames, 32, 32))),
        "depth/confidence": rng.integers(0, 256, (frames, 32, 32)),
        "depth/depth_min": 0.25,
        "depth/depth_max": 5.0,
        "depth/scale": 0.5,
        "caption": json.dumps(caption(times)),
    }
    for k in range(4):
        data |= {f"calibration/cam{k}/K": rng.uniform(30, 60, 4), f"calibration/cam{k}/D": rng.normal(0, 0.1, 4)}
        data[f"calibration/cam{k}/{'T_cn_cnm1' if k else 'T_c_b'}"] = np.eye(4)
        data[f"calibration/cam{k}/distortion_model"] = "equidistant"
    turned = np.array([[0, -1, 0, 0.1], [1, 0, 0, 0.2], [0, 0, 1, -0.3], [0, 0, 0, 1]])
    data |= {"calibration/cam01/K": [30, 30, 32, 32], "calibration/cam01/T_c0_b": turned}
    data["calibration/cam01/baseline"] = 0.12
    data |= {name.replace("__", "/"): value for name, value in changes.items()}
    with AnnotationWriter(path) as file:
        for name, value in data.items():
            if value is not None:
                file.put(name, value)


def caption(times: np.ndarray) -> dict[str, Any]:
    """Two segments; objects and interactions from the first frame, then from the middle, then none of them."""
    first, middle, last = (str(times[k]) for k in (0, len(times) // 2, -1))
    segments = [
        {
            "segment_id": 0, "start_frame": first, "end_frame": middle, "Sub Task": "make tea",
            "Current Action": [{"label": "pour", "description": "", "start_frame": first, "end_frame": middle}],
            "objects": {first: ["kettle", "cup"]}, "interaction": {first: "The left hand holds the cup"},
        },
        {
            "segment_id": 1, "start_frame": middle, "end_frame": last, "Sub Task": "drink",
            "Current Action": [{"label": "sip", "description": "", "start_frame": middle, "end_frame": last}],
            "objects": {middle: ["cup"]}, "interaction": {},
        },
    ]  # fmt: skip
    return {"config": {"Main Task": "tea"}, "segments": segments, "global_summary": ""}


def mp4(
    path: Path,
    frames: int = 30,
    width: int = 64,
    height: int = 64,
    *,
    pix_fmt: str = "yuv420p",
    sound_s: float | None = None,
    layout: str = "stereo",
    rotation: int = 0,
    seed: int = 0,
) -> None:
    """H.264 with a key frame every 10 frames and AAC; `rotation` is degrees to the left. The index stands in front."""
    rng = np.random.default_rng(seed)
    scene = rng.integers(0, 256, (height // 4 + 20, width // 4 + 20, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=20, options={"g": "10", "crf": "12", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, pix_fmt
        audio = container.add_stream("aac", rate=48_000, layout=layout) if sound_s != 0 else None
        for k in range(frames):
            picture = np.ascontiguousarray(scene[k % 40 : k % 40 + height, k % 40 : k % 40 + width])
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        if audio is not None:
            _sound(container, audio, frames / 20 if sound_s is None else sound_s, layout, rng)
    if rotation:
        _turn(path, rotation)


def _sound(container: Any, stream: Any, seconds: float, layout: str, rng: np.random.Generator) -> None:
    channels = 2 if layout == "stereo" else 1
    for at in range(0, int(seconds * 48_000), 1024):
        tone = np.sin(2 * np.pi * (300 + at / 50) * (at + np.arange(1024)) / 48_000)
        noisy = (0.3 * tone + rng.normal(0, 0.05, (channels, 1024))).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noisy, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _turn(path: Path, degrees: int) -> None:
    """Writes a display matrix into the first track's header."""
    one = 1 << 16
    cosine, sine = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees % 360]
    matrix = np.array([cosine, -sine, 0, sine, cosine, 0, 0, 0, 1 << 30], ">i4").tobytes()
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = matrix
    path.write_bytes(data)


def episode(folder: Path, frames: int = 30, **changes: Any) -> Path:
    """A whole episode of small size."""
    folder.mkdir(parents=True)
    annotation(folder / "annotation.hdf5", frames, **changes)
    for k, view in enumerate(VIEWS):
        mp4(folder / f"{view}.mp4", frames, seed=k)
    return folder


def plain(folder: Path, frames: int = 20, stride: int = 5) -> dict[str, np.ndarray]:
    """The blocks in the plain way: frame by frame with OpenCV and numpy."""
    with Episode.open(folder) as recording:
        labels = recording.labels
    return features_reference.features(folder, list(labels.objects), list(labels.interaction), frames, stride)


def assert_equal(table: FeatureTable, expected: dict[str, np.ndarray], *names: str) -> None:
    """All blocks, or those named, within 1e-4 of the plain way."""
    for name in names or table.blocks:
        assert table.present[name], (name, table.reasons[name])
        difference = np.abs(table.block(name) - expected[name]).max(initial=0)
        assert difference <= 1e-4, (name, difference)
