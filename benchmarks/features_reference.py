"""Feature contract v1 in the plain way: frame by frame, window by window, with OpenCV and numpy.

The measure that `benchmarks/features.py` and the tests hold the library to. It shares no code with it but the frame
labels: every file is read with h5py, OpenCV and PyAV directly. Locks are HDF5's usual ones, as those of the reader: a
process cannot have one file open in two ways.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import av
import cv2
import h5py
import numpy as np

VIEWS = ("fisheye_cam0", "fisheye_cam1", "fisheye_cam2", "fisheye_cam3", "stereo_left", "stereo_right")


def features(
    folder: Path, objects: list, interaction: list, frames: int = 20, stride: int = 5
) -> dict[str, np.ndarray]:
    """Blocks by name, [W, size]; a block is left out where the recording has nothing for it.

    Args:
        objects, interaction: per frame, the object names and the interaction text held there (None where none).
    """
    count = len(objects)
    channels: dict[str, np.ndarray] = {}
    out: dict[str, np.ndarray] = {}
    starts = range(0, count - frames + 1, stride)
    with h5py.File(folder / "annotation.hdf5", "r") as file:
        body = _array(file, "full_body_mocap/keypoints")
        for side in ("left", "right"):
            hand = _array(file, f"hand_mocap/{side}_joints_3d")
            if hand is not None:
                channels[f"hand_{side}_joints"] = minus_root(hand, body)
        if body is not None:
            channels["body_joints"] = minus_root(body, body)
        contacts = _array(file, "full_body_mocap/contacts")
        if contacts is not None:
            channels["body_contacts"] = contacts
        camera = camera_poses(file)
        if camera is not None:
            rotation, centre = camera
            channels["camera_rotation_matrix"] = rotation
            rows = [window_statistics(centre[s : s + frames] - centre[s : s + 1]) for s in starts]
            out["camera_translation"] = np.array(rows)
        if "imu/accel_xyz" in file and "imu/keyframe_indices" in file:
            out["imu_accel_gyro"] = imu(file, starts, frames)
        if "depth/depth" in file:
            channels["depth_confidence"] = depth(file, count)
        if "slam/point_cloud" in file and len(file["slam/point_cloud"]):
            out["slam_point_cloud"] = np.tile(point_cloud(file["slam/point_cloud"][...]), (len(starts), 1))
        if "calibration" in file:
            out["calibration"] = np.tile(calibration(file["calibration"]), (len(starts), 1))
    for view in VIEWS:
        if (folder / f"{view}.mp4").exists():
            channels[f"video_{view}"] = video(folder / f"{view}.mp4", count)
    if (folder / "fisheye_cam0.mp4").exists():
        channels["audio_fisheye_cam0_aac"] = audio(folder / "fisheye_cam0.mp4", count)
    texts = [" ".join([*(names or ()), text or ""]) for names, text in zip(objects, interaction, strict=True)]
    channels["caption_objects_interaction_text"] = np.array([hashed(text) for text in texts])
    for name, values in channels.items():
        out[name] = np.array([window_statistics(values[s : s + frames]) for s in starts])
    return {name: np.nan_to_num(values, nan=0, posinf=0, neginf=0) for name, values in out.items()}


def window_statistics(window: np.ndarray) -> np.ndarray:
    """The seven statistics of one window [T, ...]."""
    if not len(window):  # the stream ended before
        return np.zeros(7 * int(np.prod(window.shape[1:])), np.float32)
    flat = np.asarray(window, np.float32).reshape(len(window), -1)
    flat = np.nan_to_num(flat, nan=0, posinf=0, neginf=0)
    steps = np.diff(flat, axis=0) if len(flat) > 1 else np.zeros_like(flat)
    return np.concatenate(
        [
            flat.mean(axis=0), flat.std(axis=0), flat.min(axis=0), flat.max(axis=0), flat[-1] - flat[0],
            steps.mean(axis=0), steps.std(axis=0),
        ]
    )  # fmt: skip


def _array(file: h5py.File, name: str) -> np.ndarray | None:
    if name not in file:
        return None
    array = file[name][...]
    return array[0] if array.ndim > 2 and array.shape[0] == 1 else array


def minus_root(joints: np.ndarray, body: np.ndarray | None) -> np.ndarray:
    out = np.array(joints, np.float32)
    for frame in range(len(out)):
        if body is not None and frame < len(body):
            out[frame] -= body[frame, 0]
    return out


def camera_poses(file: h5py.File) -> tuple[np.ndarray, np.ndarray] | None:
    """Rotation camera to world [N, 3, 3] and centre [N, 3] of the left rectified camera."""
    if "slam/quat_wxyz" not in file or "calibration/cam01/T_c0_b" not in file:
        return None
    left_body = file["calibration/cam01/T_c0_b"][...]
    rotations, centres = [], []
    for (w, x, y, z), t in zip(file["slam/quat_wxyz"][...], file["slam/trans_xyz"][...], strict=True):
        body_world = np.eye(4)
        body_world[:3, :3] = [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
        body_world[:3, :3] /= w * w + x * x + y * y + z * z
        body_world[:3, 3] = t
        camera_world = left_body @ body_world
        rotations.append(camera_world[:3, :3].T)
        centres.append(-camera_world[:3, :3].T @ camera_world[:3, 3])
    return np.array(rotations), np.array(centres)


def imu(file: h5py.File, starts: range, frames: int) -> np.ndarray:
    samples = np.concatenate([file["imu/accel_xyz"][...], file["imu/gyro_xyz"][...]], axis=1)
    keys = file["imu/keyframe_indices"][...].reshape(-1).astype(int)
    rows = []
    for start in (s for s in starts if s + frames <= len(keys)):
        first = min(max(0, keys[start]), len(samples) - 1)
        last = min(max(first, keys[start + frames - 1]), len(samples) - 1)
        rows.append(window_statistics(samples[first : last + 1]))
    rows += [np.zeros(42)] * (len(starts) - len(rows))
    return np.array(rows)


def depth(file: h5py.File, count: int) -> np.ndarray:
    low = float(file["depth/depth_min"][()]) if "depth/depth_min" in file else 0.0
    high = float(file["depth/depth_max"][()]) if "depth/depth_max" in file else 4.0
    images, confidences = file["depth/depth"], file.get("depth/confidence")
    out = np.zeros((count, 140), np.float32)
    for frame in range(min(count, len(images))):
        image = images[frame].astype(np.float32)
        valid = np.isfinite(image) & (image > 0)
        statistics = np.zeros(8)
        if valid.any():
            metres = image[valid]
            spread = [np.percentile(metres, q) for q in (10, 50, 90)]
            statistics = [metres.mean(), metres.std(), metres.min(), metres.max(), *spread, valid.mean()]
        scaled = np.clip((np.nan_to_num(image, nan=0.0) - low) / max(high - low, 1e-6), 0, 1)
        grid = cv2.resize(scaled, (8, 8), interpolation=cv2.INTER_AREA)
        out[frame, :72] = [*statistics, *grid.reshape(-1)]
        if confidences is not None:
            confidence = confidences[frame].astype(np.float32)
            confidence = np.clip(confidence / (255 if confidence.max(initial=0) > 1 else 1), 0, 1)
            grid = cv2.resize(confidence, (8, 8), interpolation=cv2.INTER_AREA)
            out[frame, 72:] = [confidence.mean(), confidence.std(), 0, confidence.max(), *grid.reshape(-1)]
    return out


def video(path: Path, count: int) -> np.ndarray:
    capture = cv2.VideoCapture(str(path))
    out = np.zeros((count, 98), np.float32)
    last = np.zeros(98, np.float32)
    for frame in range(count):
        ok, image = capture.read()
        if ok:
            last = video_frame(image)
        out[frame] = last
    capture.release()
    return out


def video_frame(image: np.ndarray) -> np.ndarray:
    """[98] of one blue-green-red frame."""
    # At two pixels a side OpenCV's 8-bit road rounds halves up, not to even as everywhere else and in the contract.
    if image.shape[:2] == (64, 64):
        image = image.astype(np.float32)
    small = cv2.resize(image, (32, 32), interpolation=cv2.INTER_AREA)
    small = np.rint(small).astype(np.uint8) if small.dtype != np.uint8 else small
    rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    histograms = [np.histogram(rgb[..., c], bins=8, range=(0, 1))[0] / (32 * 32) for c in range(3)]
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    grid = cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA)
    down, right = np.gradient(grey)
    edges = [np.abs(right).mean(), np.abs(down).mean(), np.abs(right).std(), np.abs(down).std()]
    colours = [rgb.mean(axis=(0, 1)), rgb.std(axis=(0, 1))]
    return np.concatenate([*colours, *histograms, grid.reshape(-1), edges]).astype(np.float32)


def audio(path: Path, count: int, rate: int = 16000) -> np.ndarray:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros((count, 24), np.float32)
        fps = float(container.streams.video[0].average_rate)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        parts = [out.to_ndarray()[0] for f in container.decode(audio=0) for out in resampler.resample(f)]
        parts += [out.to_ndarray()[0] for out in resampler.resample(None)]
    samples = np.concatenate(parts)
    out = np.zeros((count, 24), np.float32)
    for frame in range(count):
        first = min(round(frame / fps * rate), len(samples))
        last = min(max(first + 1, round((frame + 1) / fps * rate)), len(samples))
        if last > first:
            out[frame] = audio_segment(samples[first:last], rate)
    return out


def audio_segment(segment: np.ndarray, rate: int) -> np.ndarray:
    """[24] of one frame's samples."""
    crossings = np.mean(segment[1:] * segment[:-1] < 0) if len(segment) > 1 else 0.0
    power = np.abs(np.fft.rfft(segment * np.hanning(len(segment)).astype(np.float32))).astype(np.float64) ** 2
    hertz = np.fft.rfftfreq(len(segment), 1 / rate)
    total, nyquist = power.sum(), rate / 2
    spectral, bands = [0.0, 0.0, 0.0], np.zeros(16)
    if total > 1e-12:
        centroid = (hertz * power).sum() / total
        bandwidth = np.sqrt(((hertz - centroid) ** 2 * power).sum() / total)
        roll_off = hertz[np.searchsorted(np.cumsum(power), 0.85 * total)]
        spectral = [centroid / nyquist, bandwidth / nyquist, roll_off / nyquist]
        edges = np.geomspace(50, nyquist, 17)
        for k in range(16):
            bands[k] = np.log1p(power[(hertz >= edges[k]) & (hertz < edges[k + 1])].sum())
        if np.linalg.norm(bands) > 0:
            bands /= np.linalg.norm(bands)
    loud = np.abs(segment)
    waveform = [np.sqrt(np.mean(segment**2)), loud.mean(), loud.max(), crossings, np.log1p(total / len(segment))]
    return np.array([*waveform, *spectral, *bands], np.float32)


def hashed(text: str) -> np.ndarray:
    vector = np.zeros(128)
    for word in re.findall(r"[a-zA-Z0-9_]+", text.lower()):
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        vector[int.from_bytes(digest[:4], "little") % 128] += 1 if digest[4] % 2 else -1
    return vector / max(np.linalg.norm(vector), 1e-12)


def point_cloud(points: np.ndarray) -> np.ndarray:
    points = points.astype(np.float32)
    distance = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    near = points[distance <= np.percentile(distance, 95)]
    rows = [near.mean(axis=0), near.std(axis=0), near.min(axis=0), near.max(axis=0)]
    rows += [np.percentile(near, q, axis=0) for q in (10, 50, 90)]
    return np.concatenate([*rows, [np.log1p(len(near))]])


def calibration(group: h5py.Group) -> np.ndarray:
    numbers = []
    for camera in sorted(group):
        for key in sorted(group[camera]):
            values = np.asarray(group[camera][key][()])
            if values.dtype.kind in "iufb":
                numbers += [float(v) for v in values.reshape(-1)]
    return np.nan_to_num(np.array(numbers), nan=0, posinf=0, neginf=0)
