"""Sound that its container places elsewhere than at the first picture, in features and segments: at its time, or invalid."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mp4s import RATE, clicks, remux
from xperience.episode.modalities.audio import Audio, Sound
from xperience.prepare.blocks import audio as block
from xperience.prepare.blocks.base import Windows
from xperience.prepare.segments import audio as segments

FRAMES = 60
CLICKS_S = (0.525, 1.225, 2.525)
"""In the middle of frames 10, 24 and 50."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 pictures at 20 a second and three seconds of sound: noise far below the clicks."""
    import av

    path = tmp_path_factory.mktemp("whole") / "v.mp4"
    wave = clicks(3, *CLICKS_S) + np.random.default_rng(0).normal(0, 0.002, 3 * RATE).astype(np.float32)
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=20)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        sound: Any = container.add_stream("aac", rate=RATE, layout="mono")
        for _ in range(FRAMES):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(wave[None], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def frames_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(rms [60] of each frame, whether it is valid [60]) of the feature block, by windows of one frame."""
    episode: Any = SimpleNamespace(views=("fisheye_cam0",), audio=Audio(path))
    found = block.extract(episode, Windows(np.arange(FRAMES), 1, FRAMES), lambda _: None)
    assert found.present
    return found.values[:, 0], found.share > 0


MOVES = {
    "together": (lambda kind, t: 0.0, 0.0, (0, 0)),
    "sound late": (lambda kind, t: 0.5 * (kind == "audio"), 0.5, (0, 9)),
    "pictures late": (lambda kind, t: 0.5 * (kind == "video"), -0.5, (51, 60)),
    "a pause": (lambda kind, t: 0.5 * (kind == "audio" and t > 0.8), None, (16, 27)),
}


@pytest.mark.parametrize("name", MOVES)
def test_features_and_segments_of_sound_elsewhere(whole: Path, tmp_path: Path, name: str) -> None:
    moved, by, (first, last) = MOVES[name]
    path = remux(whole, tmp_path / "v.mp4", moved)
    rms, valid = frames_of(path)
    expected = [t + (by if by is not None else 0.5 * (t > 0.8)) for t in CLICKS_S]
    loud = [int(t * 20) for t in expected if 0 <= t < 3]
    assert np.flatnonzero(rms > 0.02).tolist() == loud
    lost = ~valid
    assert not lost[:first].any() and lost[first:last].all(), np.flatnonzero(lost)
    assert not lost[last + 1 :].any() and not rms[lost].any() and (rms[valid] > 1e-4).all()

    source = segments.Source(SimpleNamespace(audio=Audio(path)), "audio", None)  # type: ignore[arg-type]
    clock, heard, silent = np.arange(FRAMES + 1) / 20, [], []
    for start in (0, 20, 40):  # three segments of a second
        span: Any = SimpleNamespace(n=0, start=start, stop=start + 20, start_s=start / 20, stop_s=start / 20 + 1)
        members = source.segment(span)
        if not members:
            silent += [start + k for k in range(20)]
            continue
        piece = segments.decode(Parts(members), clock[start : start + 21], 0, 20)
        level = np.abs(piece.values.astype(float)).max(axis=1)
        heard += piece.times_s[level > 3000].tolist()
        assert (level[~piece.valid] == 0).all() and (level[piece.valid] > 0).all()
        covered = {int(t * 20 + 1e-6) for t, good in zip(piece.times_s, piece.valid, strict=True) if good}
        silent += [k for k in range(start, start + 20) if k not in covered]
        assert ("valid.npy" in members) == (name == "a pause" and start in (0, 20) and not piece.valid.all())
    assert sorted({int(t * 20) for t in heard}) == loud
    assert set(np.flatnonzero(lost)[1:-1]) <= set(silent) <= {first - 1, *np.flatnonzero(lost)}


class Parts(dict):  # type: ignore[type-arg]
    """Members of a segment as the reader gives them."""

    def array(self, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        found: np.ndarray = self[name][start:stop]
        return found


def test_a_segment_says_which_chunks_were_recorded() -> None:
    samples = np.ones(3200, np.float32) / 2
    samples[700:1300] = 0
    read = Sound(samples, 16000, np.array([[330, 700], [1300, 3200]]))
    episode: Any = SimpleNamespace(audio=SimpleNamespace(present=True, read=lambda rate: read))
    source = segments.Source(episode, "audio", None)  # type: ignore[arg-type]
    span: Any = SimpleNamespace(n=0, start=0, stop=4, start_s=0.0, stop_s=0.2)
    assert source.segment(span)["first.npy"] == [5], "chunks of 320: 1 begins at 330, 2 to 4 lack some or all"
    early = Sound(np.ones(1920, np.float32) / 2, 16000, np.array([[0, 640], [1000, 1920]]))
    episode.audio.read = lambda rate: early
    source = segments.Source(episode, "audio", None)  # type: ignore[arg-type]
    members = source.segment(span)
    assert members["first.npy"] == [0] and members["valid.npy"].tolist() == [True, True, False, False, True, True]
    assert (members["values.npy"][2:4] == 0).all() and (members["values.npy"][4:] == 16384).all()
    assert source.tally.sums is not None and source.tally.sums[0, 0] == 4 * 320
    piece = segments.decode(Parts(members), np.arange(5) / 20, 1, 3)
    assert piece.times_s.tolist() == pytest.approx([0.06, 0.08, 0.1])
    assert piece.valid.tolist() == [False, True, True]


def test_frames_of_pictures_that_pause() -> None:
    """Half a second without pictures behind the third: each frame's sound is that of its own time."""
    times = np.array([0.0, 0.05, 0.1, 0.65, 0.7])
    first, last = block.frame_samples(6, 5 / 0.75, 99_999, times)
    assert first.tolist() == [0, 800, 1600, 10400, 11200, 13600]
    assert last.tolist() == [800, 1600, 1600 + 4800, 11200, 13600, 16000]
    wobbling = np.arange(6) / 20 + np.array([0, 0.02, -0.02, 0.01, 0, 0.024])
    for found, even in zip(
        block.frame_samples(6, 20.0, 99_999, wobbling), block.frame_samples(6, 20.0, 99_999), strict=True
    ):
        np.testing.assert_array_equal(found, even)
