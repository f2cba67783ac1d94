"""A recording at the real sizes and bit rates for `benchmarks/features.py`: moving texture with grain, not a scene.

Real files have about 20 kB a fisheye frame (1088x1280) and 5 kB a stereo frame (512x512), AAC sound, and raw depth of
256x256; decoding and reading cost what they cost there.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from xperience import storage
from xperience.episode.cameras import FISHEYE_VIEWS, VIEWS
from xperience.episode.writer import AnnotationWriter
from xperience.progress import track

FPS = 20
SIZES = {True: (1088, 1280, 20_500), False: (512, 512, 4_800)}
"""Width, height and bytes a frame of fisheye and stereo views."""


QUICK_FRAMES, QUICK_SCALE = 30, 4
"""Of --quick: a quarter of the width and of the height."""


def made(cache: Path, frames: int, quick: bool) -> Path:
    """The recording of so many frames in a cache, or the small one of --quick."""
    if quick:
        return make(cache / "small" / "ep1", QUICK_FRAMES, scale=QUICK_SCALE)
    return make(cache / f"real_size_{frames}" / "ep1", frames)


def make(folder: Path, frames: int, clip: int = 200, scale: int = 1) -> Path:
    """Writes an episode of `frames` frames unless it is there; views repeat after `clip` frames.

    Args:
        scale: divides width and height, and the bytes of a picture by its square.
    """
    if (folder / "annotation.hdf5").exists():
        return folder
    with storage.replacing(folder) as temporary:
        temporary.mkdir(parents=True)
        for k, view in enumerate(track(VIEWS, "encoding views", show=scale == 1)):
            _view(temporary / f"{view}.mp4", view in FISHEYE_VIEWS, frames, min(clip, frames), k, scale)
        _annotation(temporary / "annotation.hdf5", frames)
    return folder


def _texture(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Blocks of all sizes over each other: edges, flat parts and detail, [height, width, 3] uint8."""
    image = np.zeros((height, width, 3))
    for size in (256, 64, 16, 4):
        coarse = rng.random((height // size + 1, width // size + 1, 3))
        image += size**0.4 * np.kron(coarse, np.ones((size, size, 1)))[:height, :width]
    return (255 * (image - image.min()) / np.ptp(image)).astype(np.uint8)


def _view(path: Path, fisheye: bool, frames: int, clip: int, seed: int, scale: int) -> None:
    width, height, size = SIZES[fisheye]
    width, height, size = width // scale, height // scale, size // scale**2
    rng = np.random.default_rng(seed)
    scene = _texture(width + 512, height + 512, rng)
    grain = rng.normal(0, 3, (height + 64, width + 64, 1)).astype(np.int16)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "g": str(FPS)})
        video.width, video.height, video.pix_fmt, video.bit_rate = width, height, "yuv420p", size * 8 * FPS
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        packets = []
        for k in range(clip):
            x, y = (int(256 + 250 * f(k / 30)) for f in (np.sin, np.cos))
            dx, dy = rng.integers(0, 64, 2)
            picture = scene[y : y + height, x : x + width] + grain[dy : dy + height, dx : dx + width]
            frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="rgb24")
            packets += [(bytes(p), p.pts, p.dts, p.is_keyframe, p.time_base) for p in video.encode(frame)]
        packets += [(bytes(p), p.pts, p.dts, p.is_keyframe, p.time_base) for p in video.encode(None)]
        _write(container, video, audio, packets, frames, clip, rng)


def _write(container, video, audio, packets: list, frames: int, clip: int, rng: np.random.Generator) -> None:  # type: ignore[no-untyped-def]
    """The clip's packets over and over, with sound beside them."""
    sound = rng.normal(0, 0.1, 48_000).astype(np.float32)
    written = 0
    for first in range(0, frames, clip):
        for data, pts, dts, key, base in packets:
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = video, base, key
            shift = int(first / FPS / base)
            packet.pts, packet.dts = pts + shift, dts + shift
            if pts + shift < int(frames / FPS / base):
                container.mux(packet)
        while written < min(frames, first + clip) / FPS * 48_000:
            frame = av.AudioFrame.from_ndarray(np.roll(sound, written)[None, :1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, written, Fraction(1, 48_000)
            container.mux(audio.encode(frame))
            written += 1024
    container.mux(audio.encode(None))


def _annotation(path: Path, frames: int) -> None:
    rng = np.random.default_rng(0)
    times = 10**18 + np.arange(frames) * 50_000_000
    with AnnotationWriter(path) as file:
        file.put("slam/frame_names", [str(t) for t in times])
        file.put("slam/quat_wxyz", rng.normal(size=(frames, 4)))
        file.put("slam/trans_xyz", np.cumsum(rng.normal(0, 0.01, (frames, 3)), axis=0))
        file.put("slam/point_cloud", rng.normal(0, 3, (100_000, 3)))
        for camera in ("cam0", "cam1", "cam2", "cam3", "cam01"):
            file.put(f"calibration/{camera}/K", [400, 400, 544, 640])
        for camera in ("cam0", "cam1", "cam2", "cam3"):
            file.put(f"calibration/{camera}/D", np.zeros(4))
            file.put(f"calibration/{camera}/{'T_c_b' if camera == 'cam0' else 'T_cn_cnm1'}", np.eye(4))
            file.put(f"calibration/{camera}/distortion_model", "equidistant")
        file.put("calibration/cam01/T_c0_b", np.eye(4))
        file.put("calibration/cam01/baseline", 0.15)
        for side in ("left", "right"):
            file.put(f"hand_mocap/{side}_joints_3d", np.cumsum(rng.normal(0, 0.01, (frames, 21, 3)), axis=0))
        file.put("full_body_mocap/keypoints", np.cumsum(rng.normal(0, 0.01, (frames, 52, 3)), axis=0))
        file.put("full_body_mocap/contacts", rng.random((frames, 21)) > 0.7)
        samples = frames * 10
        file.put("imu/device_timestamp_ns", times[0] + np.arange(samples) * 5_000_000)
        file.put("imu/accel_xyz", rng.normal(0, 1, (samples, 3)) + np.array([0, 0, 9.8]))
        file.put("imu/gyro_xyz", rng.normal(0, 1, (samples, 3)))
        file.put("imu/keyframe_indices", np.arange(frames) * 10)
        file.put("caption", json.dumps(_caption(times)))
        for name, value in (("scale", 0.5), ("depth_min", 0.2), ("depth_max", 8.0)):
            file.put(f"depth/{name}", value)
        depth = file.stream("depth/depth", frames, (256, 256))
        confidence = file.stream("depth/confidence", frames, (256, 256))
        near = np.linspace(0.3, 7, 256 * 256).reshape(256, 256)
        for k in range(frames):
            noisy = np.roll(near, 7 * k, axis=1) + rng.normal(0, 0.05, (256, 256))
            noisy[rng.random((256, 256)) < 0.1] = 0
            depth[k] = noisy
            confidence[k] = rng.integers(0, 256, (256, 256))


def _caption(times: np.ndarray) -> dict:
    label = {"label": "stir", "description": "", "start_frame": str(times[0]), "end_frame": str(times[-1])}
    segment = {"segment_id": 0, "start_frame": str(times[0]), "end_frame": str(times[-1]), "Sub Task": "cook"}
    samples = [str(t) for t in times[::40]]
    segment |= {"objects": {t: ["pan", "wooden spoon"] for t in samples}, "Current Action": [label]}
    segment |= {"interaction": dict.fromkeys(samples, "the right hand holds the spoon")}
    return {"config": {"Main Task": "cook"}, "segments": [segment], "global_summary": ""}
