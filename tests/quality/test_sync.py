"""Offsets come back from the signals, with their sign; where nothing moves, the measurement says so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from xperience.quality.sync.alignment import Increments, Track, measure

MAX_STD_S = 0.02


def head(seconds: float, seed: int, turn: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Times [T] at 200 Hz and smooth random turn rates [T, 3] of `turn` rad/s."""
    rng = np.random.default_rng(seed)
    times = np.arange(-2, seconds + 2, 0.005)
    rate = gaussian_filter1d(rng.normal(size=(len(times), 3)), 60, axis=0)
    return times, rate / rate.std() * turn


def streams(seconds: float, offset: float, drift: float, noise: float, seed: int) -> tuple[Track, Increments]:
    """The same motion as a gyro with bias and noise sees it, and as frames that are stamped `offset` late see it."""
    rng = np.random.default_rng(seed + 1)
    times, rate = head(seconds, seed)
    angle = np.concatenate([np.zeros((1, 3)), np.cumsum(0.5 * (rate[1:] + rate[:-1]) * 0.005, axis=0)])
    gyro = rate + [0.02, -0.01, 0.005] + 0.02 * rng.normal(size=rate.shape)
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(0.5 * (gyro[1:] + gyro[:-1]) * 0.005, axis=0)])
    stamps = np.arange(0, seconds, 0.05)
    real = stamps - offset - drift * (stamps - seconds / 2)
    seen = np.diff(CubicSpline(times, angle)(real), axis=0) + noise * rng.normal(size=(len(stamps) - 1, 3))
    return Track(times, total), Increments(stamps[:-1], stamps[1:], seen)


@pytest.mark.parametrize("offset", [0.0, 0.02, -0.1, 0.3, -0.5])
@pytest.mark.parametrize("seed", [0, 1])
def test_known_offsets_come_back_within_five_milliseconds(offset: float, seed: int) -> None:
    got = measure("imu", "pose", *streams(12, offset, 0.0, 0.001, seed), max_std_s=MAX_STD_S)
    assert got.status == "measured"
    assert got.offset_s == pytest.approx(offset, abs=0.005)


def test_drift_comes_back() -> None:
    got = measure("imu", "pose", *streams(60, 0.1, 500e-6, 0.001, 3), max_std_s=MAX_STD_S)
    assert got.drift_ppm == pytest.approx(500, abs=100)


def test_pictures_of_near_things_turn_less() -> None:
    track, seen = streams(20, 0.15, 0.0, 0.004, 5)
    flat = Increments(seen.start_s, seen.end_s, seen.change * [0.5, 0.9, 0.3])
    got = measure("pose", "fisheye_cam0", track, flat, max_std_s=0.025, pictures=True)
    assert got.status == "measured"
    assert got.offset_s == pytest.approx(0.15, abs=0.025)


def test_wild_increments_do_not_matter() -> None:
    track, seen = streams(20, 0.2, 0.0, 0.001, 7)
    change = seen.change.copy()
    change[::15] += 3.0
    change[5] = np.nan
    got = measure("imu", "pose", track, Increments(seen.start_s, seen.end_s, change), max_std_s=MAX_STD_S)
    assert got.status == "measured"
    assert got.offset_s == pytest.approx(0.2, abs=0.005)


@pytest.mark.parametrize("pictures", [False, True])
def test_unrelated_motion_is_undetermined(pictures: bool) -> None:
    for seed in range(20):
        track, _ = streams(15, 0.0, 0.0, 0.001, 2 * seed)
        _, other = streams(15, 0.0, 0.0, 0.001, 2 * seed + 1)
        got = measure("imu", "pose", track, other, max_std_s=MAX_STD_S, pictures=pictures)
        assert got.status == "undetermined" and got.offset_s is None and got.reason


def test_no_motion_is_undetermined() -> None:
    times = np.arange(-2, 14, 0.005)
    rng = np.random.default_rng(0)
    track = Track(times, np.cumsum(rng.normal(0, 0.001, (len(times), 3)) * 0.005, axis=0))
    stamps = np.arange(0, 12, 0.05)
    noise = Increments(stamps[:-1], stamps[1:], rng.normal(0, 1e-4, (len(stamps) - 1, 3)))
    assert measure("imu", "pose", track, noise, max_std_s=MAX_STD_S).status == "undetermined"


def test_regular_motion_is_ambiguous() -> None:
    times = np.arange(-2, 22, 0.005)
    track = Track(times, np.stack([np.cos(2 * np.pi * times / 0.5), np.sin(2 * np.pi * times / 0.5), 0 * times], -1))
    stamps = np.arange(0, 20, 0.05)
    angle = CubicSpline(times, track.total)(stamps - 0.1)
    got = measure("imu", "pose", track, Increments(stamps[:-1], stamps[1:], np.diff(angle, axis=0)), max_std_s=0.02)
    assert got.status == "undetermined"


def test_stated_uncertainty_is_honest() -> None:
    errors = []
    for seed in range(24):
        got = measure("imu", "pose", *streams(12, 0.05, 0.0, 0.003, 100 + seed), max_std_s=MAX_STD_S)
        assert got.offset_s is not None and got.std_s is not None
        errors.append((got.offset_s - 0.05) / got.std_s)
    assert 0.5 < np.std(errors) < 2.0


def test_what_is_uncertain_is_undetermined() -> None:
    sure = streams(12, 0.05, 0.0, 0.003, 4)
    got = measure("imu", "pose", *sure, max_std_s=MAX_STD_S)
    assert got.std_s is not None and 0 < got.std_s < MAX_STD_S
    tight = measure("imu", "pose", *sure, max_std_s=got.std_s / 2)
    assert tight.status == "undetermined" and "uncertainty" in tight.reason
    few = Increments(*(array[:39] for array in (sure[1].start_s, sure[1].end_s, sure[1].change)))
    assert "39 intervals" in measure("imu", "pose", sure[0], few, max_std_s=MAX_STD_S).reason
