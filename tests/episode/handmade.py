"""Small hand-made recordings in the official layout, whose every number is known, and images that tell theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import layout
from xperience.episode.geometry import rotvec_to_matrix, transform
from xperience.episode.writer import AnnotationWriter

FRAMES = 40
START_NS = 72_857_807_732_824
STEP_NS = 50_000_000

Datasets = dict[str, Any]


def stamps(count: int = FRAMES) -> np.ndarray:
    """Frame times with a little jitter, as a device has."""
    jitter = np.random.default_rng(5).integers(-200_000, 200_000, count)
    return START_NS + np.arange(count) * STEP_NS + jitter


def caption(times: np.ndarray) -> dict[str, Any]:
    """Two segments with the quirks of real captions: mixed int and text, a frame name past the end."""
    n = len(times)
    at = [int(t) for t in times] + [int(times[-1])] * 16  # for recordings that are shorter than the actions
    return {
        "config": {"segment_sec": 20, "sample_fps": 0.5, "Main Task": "Making tea"},
        "segments": [
            {
                "segment_id": 0,
                "start_frame": str(at[0]),
                "end_frame": str(at[n // 2 - 1]),
                "Sub Task": "Fill kettle",
                "Current Action": [
                    {"label": "Grasp kettle", "description": "", "start_frame": at[2], "end_frame": at[8]},
                    {"label": "Open tap", "description": "", "start_frame": str(at[12]), "end_frame": at[15]},
                ],
                "sampled_frames": {"Image 1": at[2]},
                "objects": {str(at[2]): ["kettle", "tap"]},
                "interaction": {str(at[2]): "Hand reaches for the kettle."},
            },
            {
                "segment_id": 1,
                "start_frame": str(at[n // 2]),
                "end_frame": f"frame_{n + 1:07d}",
                "Sub Task": "Boil water",
                "Current Action": [
                    {"label": "Press switch", "description": "", "start_frame": at[n // 2], "end_frame": at[n - 1]}
                ],
                "objects": {str(at[n // 2]): ["kettle"]},
                "interaction": {},
            },
        ],
        "global_summary": "Someone makes tea.",
    }


def datasets(frames: int = FRAMES, seed: int = 0) -> Datasets:
    """Every dataset of the layout by path, random but plausible."""
    random = np.random.default_rng(seed)
    times = stamps(frames)
    samples = 10 * max(frames - 1, 0) + 1 if frames else 0
    quat = random.normal(size=(frames, 4))
    out: Datasets = {
        "slam/quat_wxyz": quat / np.linalg.norm(quat, axis=1, keepdims=True),
        "slam/trans_xyz": random.normal(size=(frames, 3)),
        "slam/frame_names": np.array([str(t) for t in times], "S14"),
        "slam/point_cloud": random.normal(size=(200, 3)),
        "depth/depth": random.uniform(0.3, 4, (frames, 8, 8)),
        "depth/confidence": random.integers(0, 256, (frames, 8, 8)),
        "depth/scale": 0.5,
        "depth/depth_min": 0.2,
        "depth/depth_max": 5.0,
        "imu/device_timestamp_ns": np.linspace(START_NS, START_NS + frames * STEP_NS, samples).astype(np.int64),
        "imu/accel_xyz": random.normal(size=(samples, 3)),
        "imu/gyro_xyz": random.normal(size=(samples, 3)),
        "imu/keyframe_indices": np.arange(frames) * 10,
        "video/device_timestamp": times,
        "video/frame_number": np.arange(frames),
        "video/length_sec": frames / 20,
        "caption": json.dumps(caption(times)) if frames else "{}",
        "calibration/cam01/K": [16.0, 16.0, 7.5, 7.5],
        "calibration/cam01/T_c0_b": rigid(random),
        "calibration/cam01/baseline": 0.12,
    }
    for k in range(4):
        group = f"calibration/cam{k}/"
        out[group + "K"] = [20.0 + k, 21.0, 16.0, 19.0]
        out[group + "D"] = [0.01, -0.002, 0.001, -0.0003]
        out[group + ("T_cn_cnm1" if k else "T_c_b")] = rigid(random)
        out[group + "camera_model"], out[group + "distortion_model"] = b"pinhole", b"equidistant"
    out |= {f"metadata/{key}": 1.5 for key in layout.METADATA_KEYS}
    for known in layout.DATASETS:
        if known.path not in out:  # hands and body
            shape = tuple(frames if n == "N" else n for n in known.shapes[0])
            out[known.path] = random.normal(size=shape)
    return out


def rigid(random: np.random.Generator) -> np.ndarray:
    return transform(rotvec_to_matrix(random.normal(size=3)), random.normal(size=3))


def write(path: Path, values: Datasets) -> Path:
    """annotation.hdf5 in folder `path`; returns the folder. Values of None are left out."""
    path.mkdir(parents=True, exist_ok=True)
    with AnnotationWriter(path / layout.ANNOTATION) as writer:
        for name, value in values.items():
            if value is not None:
                writer.put(name, value)
    return path


def counted(count: int, height: int = 48, width: int = 64) -> np.ndarray:
    """Images that tell their number: six bright or dark columns spell it in binary; the top left quarter is red."""
    images = np.zeros((count, height, width, 3), np.uint8)
    for number in range(count):
        for bit in range(6):
            images[number, height // 2 :, bit * width // 6 : (bit + 1) * width // 6] = 230 if number >> bit & 1 else 25
    images[:, : height // 2, : width // 2, 0] = 220
    return images


def number_of(image: np.ndarray) -> int:
    """The number that an image of `counted` tells."""
    height, width = image.shape[:2]
    row = image[height * 3 // 4].mean(axis=1)
    return sum(int(row[int((bit + 0.5) * width / 6)] > 128) << bit for bit in range(6))
