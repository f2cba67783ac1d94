"""Fixtures that write hand-made recordings and videos."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
from handmade import FRAMES, Datasets, datasets, write

from mp4s import turn
from xperience.episode import layout


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    """recording(frames=40, edit=None, changes={dataset: value}) writes an episode folder without videos and returns it.

    `edit` is called with the open HDF5 file, to put there what the writer would refuse.
    """
    count = iter(range(1000))

    def make(
        frames: int = FRAMES, edit: Callable[[h5py.File], None] | None = None, changes: Datasets | None = None
    ) -> Path:
        folder = write(tmp_path / "session" / f"ep{next(count)}", datasets(frames) | (changes or {}))
        if edit is not None:
            with h5py.File(folder / layout.ANNOTATION, "r+") as file:
                edit(file)
        return folder

    return make


@pytest.fixture
def encode(encode_once: Callable[..., Path]) -> Callable[..., Path]:
    """See `encode_once`."""
    return encode_once


@pytest.fixture(scope="session")
def encode_once() -> Callable[..., Path]:
    """encode(path, images, ...) writes an MP4 (H.264, and AAC where sound is given) and returns its path."""

    def make(
        path: Path,
        images: np.ndarray,
        *,
        b_frames: int = 0,
        gop: int = 10,
        rotation: float | None = None,
        faststart: bool = False,
        sound: np.ndarray | None = None,
    ) -> Path:
        import av

        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", options={"movflags": "faststart"} if faststart else {}) as container:
            options = {"bf": str(b_frames), "g": str(gop), "crf": "8", "x264-params": "scenecut=0:b-adapt=0"}
            video = container.add_stream("libx264", rate=20, options=options)
            video.height, video.width = images.shape[1:3]
            video.pix_fmt = "yuv420p"
            audio = None if sound is None else container.add_stream("aac", rate=48000, layout="stereo")
            for image in images:
                container.mux(video.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
            container.mux(video.encode())
            if audio is not None and sound is not None:
                frame = av.AudioFrame.from_ndarray(np.stack([sound, sound]).astype(np.float32), "fltp", "stereo")
                frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
                container.mux(audio.encode(frame))
                container.mux(audio.encode())
        if rotation is not None:
            turn(path, rotation)
        return path

    return make
