"""A view written at given times comes back at those times, with its sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xperience.episode.modalities.audio import Audio
from xperience.episode.modalities.video import Video
from xperience.sources import mp4


def test_times_pictures_and_sound(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times_ns = np.cumsum(rng.integers(30_000_000, 70_000_000, 50))
    times_ns -= times_ns[0]
    grey = [np.full((64, 48), 4 * k, np.uint8) for k in range(50)]
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(48000 * 2) / 48000)).astype(np.float32)
    tone[:24000] = 0
    blocks = iter(np.split(tone, [1000, 5000, 50_000]))
    mp4.write(tmp_path / "fisheye_cam0.mp4", (48, 64), zip(times_ns.tolist(), grey, strict=True), blocks)
    video = Video("fisheye_cam0", tmp_path / "fisheye_cam0.mp4")
    assert video.size == (48, 64)
    np.testing.assert_allclose(video.times_s(), times_ns * 1e-9, atol=1e-6)
    frames = video.frames()
    np.testing.assert_allclose(frames.mean((1, 2, 3)), 4 * np.arange(50), atol=3)
    sound = Audio(tmp_path / "fisheye_cam0.mp4").mono(48000)
    assert abs(len(sound) - 96000) <= 1024
    start = np.flatnonzero(np.abs(sound) > 0.1)[0]
    assert abs(start - 24000) < 200  # a few milliseconds: AAC spreads an onset


def test_colour_without_sound(tmp_path: Path) -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    mp4.write(tmp_path / "stereo_left.mp4", (32, 32), [(0, red), (50_000_000, red)])
    assert not Audio(tmp_path / "stereo_left.mp4").present
    np.testing.assert_allclose(
        Video("stereo_left", tmp_path / "stereo_left.mp4").frames()[1, 16, 16], [200, 0, 0], atol=6
    )
