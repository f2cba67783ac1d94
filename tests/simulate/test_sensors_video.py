"""The MP4 of a view: times, key frames, sound in step with the picture, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from xperience.episode.modalities.audio import Audio
from xperience.episode.modalities.video import Video
from xperience.simulate.render.sensor import Sensor
from xperience.simulate.sensors.audio import RATE
from xperience.simulate.sensors.video import Mp4Writer, encode_audio

TIMES = np.arange(50) * 0.0499987 + np.linspace(0, 1e-4, 50)


def clicks(seconds: float) -> np.ndarray:
    """A click each half second, from 0.25 s on."""
    wave = np.zeros((2, round(seconds * RATE)), np.float32)
    for start in np.arange(0.25, seconds, 0.5):
        at = round(start * RATE)
        wave[:, at : at + 400] = 0.8 * np.cos(np.arange(400) * 0.3) * np.exp(-np.arange(400) / 90)
    return wave


def write(path: Path) -> Path:
    rng = np.random.default_rng(0)
    texture = rng.integers(60, 200, (76, 64, 3)).astype(np.uint8)
    with Mp4Writer(path, (64, 76), encode_audio(clicks(2.5))) as writer:
        for k, time_s in enumerate(TIMES):
            writer.write(np.roll(texture, k, 1), float(time_s))
    return path


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("video") / "view.mp4")


def test_frames_keep_their_times(mp4: Path) -> None:
    video = Video("view", mp4)
    assert video.size == (64, 76)
    np.testing.assert_allclose(video.times_s(), TIMES - TIMES[0], atol=1.5e-6)
    assert video.fps == pytest.approx(20, abs=0.01)


def test_a_key_frame_each_second_and_no_frame_out_of_order(mp4: Path) -> None:
    with av.open(str(mp4)) as container:
        packets = [p for p in container.demux(video=0) if p.pts is not None]
    assert [k for k, p in enumerate(packets) if p.is_keyframe] == [0, 20, 40]
    assert all(p.pts == p.dts for p in packets)


def test_decoded_sound_is_in_step(mp4: Path) -> None:
    wave = np.abs(Audio(mp4).mono(RATE))
    for start in np.arange(0.25, 2.5, 0.5):
        at = round(start * RATE)
        onset = np.argmax(wave[at - 4800 : at + 4800] > 0.3) - 4800
        assert abs(onset) < 0.002 * RATE
    assert len(wave) == pytest.approx(2.5 * RATE, abs=2048)


def test_same_calls_give_the_same_bytes(mp4: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "again.mp4").read_bytes() == mp4.read_bytes()


def test_sensor_noise_is_small_unbiased_and_repeats() -> None:
    grey = np.full((3, 300_000), 100 / 255, np.float32)
    first, again, other = (Sensor([seed]).expose(grey.copy()) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.mean() == pytest.approx(100, abs=0.05)
    assert 0.8 < first.std() < 2
    assert Sensor([1]).expose(np.full((3, 10), 5, np.float32)).min() == 255
