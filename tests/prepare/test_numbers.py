"""What windows and segments hold, computed by hand: summaries, cuts, batches."""

from __future__ import annotations

import hashlib
import math
from types import SimpleNamespace

import numpy as np
import pytest

from xperience.episode import Signal
from xperience.episode.layout import NOMINAL_FPS
from xperience.episode.modalities.audio import Sound
from xperience.prepare.blocks import audio, depth, point_cloud, text, video
from xperience.prepare.moments import Tally, Total
from xperience.prepare.piece import Piece
from xperience.prepare.segment import end_of, spans
from xperience.prepare.segments import audio as sound
from xperience.prepare.segments import depth as images
from xperience.prepare.segments import frames as numbers
from xperience.prepare.segments import imu
from xperience.prepare.segments.depth import grey, reduced
from xperience.prepare.statistics import valid_share, window_statistics
from xperience.prepare.streams import STREAMS
from xperience.prepare.windows import majority, starts
from xperience.pretrain import batches
from xperience.pretrain.batches import Layout
from xperience.pretrain.texts import said


def test_the_seven_statistics_in_their_order() -> None:
    """0, 1, 4, 9: mean, deviation, least, greatest, last minus first, mean and deviation of 1, 3, 5."""
    found = window_statistics(np.array([[99.0], [0], [1], [4], [9]]), np.array([1]), 4)[0]
    assert found.tolist() == pytest.approx([3.5, math.sqrt(12.25), 0, 9, 9, 3, math.sqrt(8 / 3)], abs=1e-6)
    short = window_statistics(np.array([[5.0], [7.0]]), np.array([1, 2]), 4)
    assert short[0].tolist() == [7, 0, 7, 7, 0, 0, 0] and not short[1].any()
    assert valid_share(np.array([True, False, True]), np.array([0, 1, 2]), 2).tolist() == [0.5, 0.5, 0.5]


def test_windows_start_at_every_stride_that_fits() -> None:
    assert starts(30).tolist() == [0, 5, 10] and starts(29).tolist() == [0, 5] and starts(19).tolist() == []
    assert majority(["a", "a", "a", "b", "b", ""]) == ("a", 0.6)
    assert majority(["a", "a", "b", "b", "a", "c"]) == ("", 0.5)


def test_moments_are_mean_and_population_deviation() -> None:
    tally = Tally()
    tally.add(np.array([[1.0, 5.0], [3.0, 5.0]]))
    tally.add(np.array([[5.0, 5.0]]))
    total = Total()
    total.add({"imu": tally.sums.tolist()})
    total.add({"imu": tally.sums.tolist()})
    found = total.describe()["imu"]
    assert found["count"] == 6 and found["mean"] == [3.0, 5.0]
    assert found["std"] == pytest.approx([math.sqrt(8 / 3), 0.01]), "what never moves keeps a physical floor"


# -- blocks ----------------------------------------------------------------------------------------------------------


def test_sound_of_a_frame_begins_with_it() -> None:
    """20 frames a second are 800 samples each; the sound ends in the third frame."""
    first, last = audio.frame_samples(4, 20.0, 2000)
    assert first.tolist() == [0, 800, 1600, 2000] and last.tolist() == [800, 1600, 2000, 2000]
    first, last = audio.frame_samples(3, 30.0, 9999)
    assert first.tolist() == [0, 533, 1067] and last.tolist() == [533, 1067, 1600]


def test_sound_in_numbers() -> None:
    """A tone of 1000 Hz and half the full scale: its size, its crossings, its place in the spectrum."""
    n = np.arange(800)
    tone = (0.5 * np.sin(2 * np.pi * 1000 * n / 16000 + 0.1)).astype(np.float32)
    found = audio.summary(np.concatenate([tone, np.zeros(800, np.float32)]), np.array([0, 800]), np.array([800, 1600]))
    assert found[0, 0] == pytest.approx(0.5 * math.sqrt(0.5), abs=1e-3)
    assert found[0, 1] == pytest.approx(1 / math.pi, abs=2e-3) and found[0, 2] == pytest.approx(0.5, abs=5e-3)
    assert found[0, 3] == pytest.approx(100 / 799, abs=2e-3)
    assert found[0, 5] == pytest.approx(1000 / 8000, abs=2e-3) and found[0, 6] < 0.01
    assert found[0, 7] == pytest.approx(1000 / 8000, abs=5e-3)
    edges = np.geomspace(50, 8000, 17)
    assert found[0, 8:].argmax() == np.searchsorted(edges, 1000) - 1
    assert np.linalg.norm(found[0, 8:]) == pytest.approx(1, abs=1e-5)
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(800))) ** 2
    assert found[0, 4] == pytest.approx(np.log1p(spectrum.sum() / 800), rel=1e-4)
    assert not found[1].any()
    high = (0.375 * np.sin(2 * np.pi * 4000 * n / 16000)).astype(np.float32)  # 0.36 of the power of both
    found = audio.summary(tone + high, np.array([0]), np.array([800]))
    assert found[0, 7] == pytest.approx(4000 / 8000, abs=5e-3), "85 percent lie below"


def test_depth_in_numbers() -> None:
    """A quarter has no depth, a quarter 1, 2 and 3 m; the grid is a share of the range from 1 to 5 m."""
    image = np.zeros((1, 16, 16), np.float32)
    image[0, :8, 8:], image[0, 8:, :8], image[0, 8:, 8:] = 1, 2, 3
    found = depth.depth_summary(image, 1.0, 5.0)[0]
    assert found[:8].tolist() == pytest.approx([2, math.sqrt(2 / 3), 1, 3, 1, 2, 3, 0.75], abs=1e-5)
    grid = found[8:].reshape(8, 8)
    assert (
        grid[0, 0] == 0 and grid[0, 7] == 0 and grid[7, 0] == pytest.approx(0.25) and grid[7, 7] == pytest.approx(0.5)
    )
    odd = image.copy()
    odd[0, 0, 0] = np.nan
    assert np.allclose(depth.depth_summary(odd, 1.0, 5.0)[0], found, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_confidence_in_numbers(dtype: str) -> None:
    image = np.zeros((1, 16, 16), dtype)
    image[0, :8] = 255
    found = depth.confidence_summary(image)[0]
    assert found[:4].tolist() == pytest.approx([0.5, 0.5, 0, 1]) and found[4:].tolist() == [1.0] * 32 + [0.0] * 32
    assert depth.confidence_summary((image / 255).astype(dtype))[0, 0] == pytest.approx(0.5)


def test_pictures_in_numbers() -> None:
    """The left half is red 255, the right half black: means, deviations, bins, grey and its one edge."""
    rgb = np.zeros((1, 3, 32, 32), np.uint8)
    rgb[0, 0, :, :16] = 255
    found = video.summary(rgb)[0]
    assert found[:6].tolist() == pytest.approx([0.5, 0, 0, 0.5, 0, 0])
    assert found[6:30].tolist() == [0.5, 0, 0, 0, 0, 0, 0, 0.5, *[1, 0, 0, 0, 0, 0, 0, 0] * 2]
    level = ((9798 * 255 + 16384) >> 15) / 255
    assert (
        found[30:94].reshape(8, 8)[:, 3].tolist() == pytest.approx([level] * 8)
        and not found[30:94].reshape(8, 8)[:, 4].any()
    )
    across = np.zeros(32)
    across[15:17] = level / 2
    assert found[94:].tolist() == pytest.approx([across.mean(), 0, across.std(), 0], abs=1e-6)


def test_the_map_in_numbers() -> None:
    points = np.stack([np.arange(21.0), np.zeros(21), np.full(21, 2.0)], 1).astype(np.float32)
    points[20] = [1000, 0, 2]  # the farthest twentieth is left out
    found = point_cloud.summary(points)
    near = np.arange(20.0)
    assert found[0:3].tolist() == pytest.approx([9.5, 0, 2]) and found[3] == pytest.approx(near.std())
    assert found[6] == 0 and found[9] == 19
    assert found[12:21:3].tolist() == pytest.approx(np.percentile(near, [10, 50, 90]).tolist(), rel=1e-5)
    assert found[21] == pytest.approx(math.log(21))


def test_words_are_hashed_with_their_sign() -> None:
    wanted = np.zeros(128)
    for word in ("cup", "cup", "pan"):
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        wanted[int.from_bytes(digest[:4], "little") % 128] += 1 if digest[4] % 2 else -1
    assert np.allclose(text.hashed("Cup, cup; PAN"), wanted / np.linalg.norm(wanted)) and not text.hashed("").any()


# -- segments --------------------------------------------------------------------------------------------------------


def test_segments_follow_one_another() -> None:
    times = np.arange(5) * 0.1 + 1.0
    found = spans(times, 2)
    assert [(s.n, s.start, s.stop) for s in found] == [(0, 0, 2), (1, 2, 4), (2, 4, 5)]
    assert [(s.start_s, s.stop_s) for s in found] == [pytest.approx(p) for p in ((1.0, 1.2), (1.2, 1.4), (1.4, 1.5))]
    assert end_of(np.array([0.0, 0.1, 0.2, 0.9])) == pytest.approx(1.0), "a median step behind the last"
    assert end_of(np.array([2.0])) == pytest.approx(2.05) and NOMINAL_FPS == 20


def span(start: int, stop: int, start_s: float, stop_s: float) -> SimpleNamespace:
    return SimpleNamespace(n=0, start=start, stop=stop, start_s=start_s, stop_s=stop_s)


def test_sound_is_cut_into_chunks_that_begin_in_the_segment() -> None:
    samples = np.arange(3200, dtype=np.float32) / 32767
    episode = SimpleNamespace(audio=SimpleNamespace(present=True, read=lambda rate: Sound.whole(samples, rate)))
    source = sound.Source(episode, "audio", None)  # type: ignore[arg-type]
    found = source.segment(span(1, 3, 0.05, 0.15))  # type: ignore[arg-type]
    assert found["first.npy"].tolist() == [3] and len(found["values.npy"]) == 5
    assert found["values.npy"][0, :3].tolist() == [960, 961, 962]
    parts = Members(found)
    piece = sound.decode(parts, np.array([0.05, 0.1, 0.15]), 1, 2)  # type: ignore[arg-type]
    assert piece.times_s.tolist() == pytest.approx([0.1, 0.12, 0.14]) and piece.values[0, 0] == 1600


class Members(dict):  # type: ignore[type-arg]
    """Members of a segment as the reader gives them."""

    def array(self, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        found: np.ndarray = self[name][start:stop]
        return found


def test_the_imu_is_cut_by_its_own_times() -> None:
    times = np.array([0.0, 0.05, 0.1, 0.149, 0.15, 0.2])
    values = np.arange(18.0).reshape(6, 3)
    valid = np.array([True, True, False, True, True, True])
    episode = SimpleNamespace(imu=SimpleNamespace(times_s=times, valid=valid, accel=values, gyro=-values))
    source = imu.Source(episode, "imu", None)  # type: ignore[arg-type]
    found = source.segment(span(1, 3, 0.05, 0.15))  # type: ignore[arg-type]
    assert found["times.npy"].tolist() == [0.05, 0.1, 0.149] and found["valid.npy"].tolist() == [True, False, True]
    assert found["values.npy"].tolist() == [[3, 4, 5, -3, -4, -5], [0] * 6, [9, 10, 11, -9, -10, -11]]
    assert source.tally.sums[0].tolist() == [2.0] * 6, "what is not valid does not count"
    piece = imu.decode(Members(found), np.array([0.05, 0.1, 0.15]), 1, 2)  # type: ignore[arg-type]
    assert piece.times_s.tolist() == [0.1, 0.149]


def test_numbers_of_frames_are_cut_with_their_validity() -> None:
    values = np.arange(5 * 63.0).reshape(5, 21, 3) / 1000
    valid = np.array([True, True, False, True, True])
    episode = SimpleNamespace(
        hand=lambda side: Signal(values * (1 if side == "left" else -1), valid, np.arange(5) / 20)
    )
    source = numbers.Source(episode, "hand_right", None)  # type: ignore[arg-type]
    found = source.segment(span(1, 4, 0.05, 0.2))  # type: ignore[arg-type]
    assert found["valid.npy"].tolist() == [True, False, True]
    assert np.array_equal(found["values.npy"][0], -values[1].astype(np.float32)) and not found["values.npy"][1].any()
    assert source.tally.sums[0, 0] == 2


def test_small_depth_is_the_mean_of_what_is_there() -> None:
    image = np.array([[[1.0, 3, 0, 0], [0, 0, 0, 8]]], np.float32)
    assert reduced(image, 2).tolist() == [[[2.0, 8.0]]]
    grid = np.array([[[10, 21, 0, 0]]], np.uint8)
    assert reduced(grid, 2).tolist() == [[[16, 0]]]
    assert grey(np.array([[[0.0, 0.5, 1.0]]])).tolist() == [[[0, 128, 255]]]
    assert grey(np.array([[[0.0, 100.0, np.nan]]])).tolist() == [[[0, 100, 0]]]


def test_every_nth_depth_counts_from_the_recording_s_start() -> None:
    stack = np.arange(12, dtype=np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)

    class Stack(SimpleNamespace):
        def __len__(self) -> int:
            return 12

    made = Stack(present=True, has_confidence=False, shape=stack.shape, metres=lambda a, b: stack[a:b])
    episode = SimpleNamespace(depth=made)
    recipe = SimpleNamespace(depth=SimpleNamespace(every=5, width=2))
    source = images.Source(episode, "depth", recipe)  # type: ignore[arg-type]
    found = source.segment(span(4, 11, 0.2, 0.55))  # type: ignore[arg-type]
    assert found["index.npy"].tolist() == [1, 6] and found["values.npy"][:, 0, 0].tolist() == [5, 10]
    piece = images.decode(Members(found), np.arange(8) * 0.05 + 0.2, 1, 7)  # type: ignore[arg-type]
    assert piece.times_s.tolist() == pytest.approx([0.25, 0.5])


# -- batches ---------------------------------------------------------------------------------------------------------


def test_a_piece_is_put_where_it_belongs() -> None:
    layout = Layout(STREAMS["hand_left"], 4, 2, 1, (21, 3))
    out = batches._empty(layout, 2)
    assert out.times[0].tolist() == pytest.approx([0, 0.05, 0.1, 0.15, 0.2, 0.25]) and out.slots == 4
    piece = Piece(np.full((3, 21, 3), 7.0), np.array([10.0, 10.06, 10.1]), np.array([True, False, True]))
    batches._put(out, 1, 4, 2, piece, slice(1, None), layout, 10.0)
    assert out.valid[1].tolist() == [False] * 4 + [False, True] and not out.valid[0].any()
    assert out.times[1, 4:].tolist() == pytest.approx([0.06, 0.1]) and out.values[1, 5, 0, 0] == 7


def test_every_nth_picture_is_put() -> None:
    layout = Layout(STREAMS["video_stereo_left"], 2, 0, 5, (2, 2, 3))
    assert layout.step_s == 0.25
    out = batches._empty(layout, 1)
    pictures = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    batches._put(out, 0, 0, 2, Piece(pictures, np.arange(10) / 20, np.ones(10, bool)), slice(0, 10), layout, 0.0)
    assert out.values[0, :, 0, 0, 0].tolist() == [0, 5] and out.times[0].tolist() == pytest.approx([0, 0.25])
    fine = np.arange(16).reshape(1, 4, 4)
    assert batches._resized(fine, (2, 2)).tolist() == [[[5, 7], [13, 15]]]


def test_calibrations_are_shares_of_the_picture() -> None:
    cameras = batches._no_cameras(1, 3)
    one = {"K": [40, 30, 50, 20], "D": [1, 2, 3, 4], "T_camera_body": np.arange(16).reshape(4, 4).tolist(),
           "size": [100, 50], "fisheye": True}  # fmt: skip
    points = np.arange(15.0).reshape(5, 3)
    batches._calibrate(0, cameras, {"fisheye_cam1": one}, points)
    assert cameras.K[0, 1].tolist() == pytest.approx([0.4, 0.6, 0.5, 0.4]) and cameras.D[0, 1].tolist() == [1, 2, 3, 4]
    assert cameras.T_camera_body[0, 1].tolist() == np.arange(12).reshape(3, 4).tolist()
    assert cameras.valid[0].tolist() == cameras.fisheye[0].tolist() == [False, True, False, False, False, False]
    assert cameras.points[0].tolist() == points[[0, 2, 4]].tolist() and cameras.points_valid.all()


def meta(**fields: object) -> list[tuple[dict[str, object], int, int]]:
    return [({"text": {"main_task": "tea", **fields}}, 0, 80)]


def test_what_is_said_about_a_window() -> None:
    """Frames 12 to 31 after 12 before: pour until 24, stir from there; what comes behind is future."""
    runs = meta(
        action=[[0, 24, "pour"], [24, 60, "stir"], [60, 80, "drink"]], subtask=[[0, 80, "make"]],
        objects=[[0, 20, ["cup", "pan"]], [31, 50, ["pan", "spoon"]], [50, 60, ["mug"]]],
        interaction=[[0, 15, "holds"]],
    )  # fmt: skip
    found = said(runs, 12, 20)
    assert found.action == "pour" and found.subtask == "make" and found.main_task == "tea" and found.known
    assert found.next_action == "stir", "twenty frames behind the last"
    assert found.objects == ("cup", "pan", "spoon") and found.future_objects == ("mug",)
    assert found.interaction == "holds", "nothing at the centre: the first that is said"
    assert found.transition and found.action_span == (-12, 12)
    assert said(meta(action=[[0, 11, "pour"], [11, 80, "stir"]]), 12, 20).transition
    assert not said(meta(action=[[0, 10, "pour"], [10, 80, "stir"]]), 12, 20).transition
    assert not said(meta(action=[[0, 32, "pour"], [32, 80, "stir"]]), 12, 20).transition
    assert said(meta(action=[[0, 31, "pour"], [31, 80, "stir"]]), 12, 20).transition
    assert said(meta(action=[[0, 51, "pour"], [51, 80, "stir"]]), 12, 20).next_action == "stir"
    assert said(meta(action=[[0, 52, "pour"], [52, 80, "stir"]]), 12, 20).next_action == "pour"
    assert not said([({"text": None}, 0, 80)], 12, 20).known
