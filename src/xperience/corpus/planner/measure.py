"""Two rates of this machine, measured: video on one core, and reading from a disk. A few seconds."""

from __future__ import annotations

import io
import os
import platform
import time
from pathlib import Path

import numpy as np

from xperience.corpus.planner.recipes import FISHEYE_SIZE, STEREO_SIZE, ShardRecipe
from xperience.errors import SpaceError
from xperience.storage import replacing

READ_BYTES = 128 * 1024**2
READ_BLOCK = 4 * 1024**2
PICTURES = 20
"""Frames that are encoded: one second."""

SECONDS = 0.4
"""Least time that a rate is measured over."""


def machine() -> str:
    """What was measured, in words."""
    return f"measured on this machine ({platform.machine()}, {os.cpu_count()} cores)"


def pictures(width: int, height: int) -> np.ndarray:
    """[20, height, width, 3] uint8: a textured scene that moves as a turning head moves it, with sensor noise."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(20, 236, (height // 16 + 8, width // 16 + 8, 3), dtype=np.uint8)
    scene = np.repeat(np.repeat(coarse, 16, 0), 16, 1)
    fine = rng.integers(-18, 19, (*scene.shape[:2], 1), dtype=np.int16)
    scene = np.clip(scene.astype(np.int16) + fine, 0, 255).astype(np.uint8)
    out = np.empty((PICTURES, height, width, 3), np.uint8)
    for k in range(PICTURES):
        x, y = 3 * k, k
        out[k] = scene[y : y + height, x : x + width] + rng.integers(0, 4, (height, width, 1), dtype=np.uint8)
    return out


def encode(frames: np.ndarray, bits_per_pixel: float) -> tuple[bytes, float]:
    """An MP4 of these frames in one closed group at about that many bits a pixel, and frames per second on one core."""
    import av

    height, width = frames.shape[1] // 2 * 2, frames.shape[2] // 2 * 2
    target = io.BytesIO()
    start = time.perf_counter()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=20, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = int(bits_per_pixel * width * height * 20)
        stream.codec_context.gop_size = PICTURES
        stream.codec_context.thread_count = 1
        for picture in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue(), len(frames) / (time.perf_counter() - start)


def decode_fps(video: bytes) -> float:
    """Frames per second of decoding to RGB on one core, as a loader does it."""
    import av

    count, start = 0, time.perf_counter()
    while True:
        with av.open(io.BytesIO(video)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                frame.to_ndarray(format="rgb24")
                count += 1
        passed = time.perf_counter() - start
        if passed >= SECONDS:
            return count / passed


def video_rates(recipe: ShardRecipe, training_bits: float) -> dict[str, float]:
    """Values of decode_fisheye_fps, decode_stereo_fps, decode_training_mpx and encode_training_mpx.

    The first two at the hosted sizes and bit rates; the last two at the recipe's fisheye width (none without video).
    """
    out = {}
    for name, (width, height), bits in (
        ("decode_fisheye_fps", FISHEYE_SIZE, 0.12),
        ("decode_stereo_fps", STEREO_SIZE, 0.15),
    ):
        out[name] = decode_fps(encode(pictures(width, height), bits)[0])
    sizes = recipe.view_sizes()
    if sizes:
        width, height = (side // 2 * 2 for side in sizes[0])
        video, encoded = encode(pictures(width, height), training_bits)
        megapixels = width * height / 1e6
        out["decode_training_mpx"] = decode_fps(video) * megapixels
        out["encode_training_mpx"] = encoded * megapixels
    return out


def read_mb_s(folder: Path) -> float:
    """MB/s of reading a file of 128 MiB that was just written, flushed and dropped from the system's memory.

    Raises:
        SpaceError: no room or no permission to write there.
    """
    block = np.random.default_rng(0).bytes(READ_BLOCK)
    probe = folder / "read-probe.bin"
    with replacing(probe) as temporary:
        try:
            with temporary.open("wb") as file:
                for _ in range(READ_BYTES // READ_BLOCK):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
                _drop(file.fileno())
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise SpaceError(
                "cannot measure reading",
                file=folder,
                found=error.strerror,
                expected=f"{READ_BYTES / 1e6:.0f} MB of room",
                hint="name another folder by --measure-in, or give --no-measure",
            ) from error
        start = time.perf_counter()
        with temporary.open("rb", buffering=0) as file:
            while file.read(READ_BLOCK):
                pass
        rate = READ_BYTES / (time.perf_counter() - start) / 1e6
        temporary.write_bytes(b"")
    probe.unlink()
    return rate


def _drop(descriptor: int) -> None:
    """Asks the system to forget the file's pages, where it can be asked."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
