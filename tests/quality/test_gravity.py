"""Gravity is read in still moments or over the long run; a short vigorous recording does not tell."""

from __future__ import annotations

import numpy as np
import pytest

from xperience.quality.checks import gravity

HZ = 200


def vigorous(seconds: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Jumps and turns all the time: specific force is 9.81 m/s2 upwards and much else."""
    times = np.arange(int(seconds * HZ)) / HZ
    draw = np.random.default_rng(seed)
    accel = np.zeros((len(times), 3))
    accel[:, 2] = gravity.STANDARD + 12 * np.abs(np.sin(7 * times))
    accel += draw.normal(0, 0.5, accel.shape)
    gyro = np.stack([3 * np.sin(5 * times), 2 * np.cos(6 * times), np.ones(len(times))], 1)
    return accel, gyro, times


def size(accel: np.ndarray, gyro: np.ndarray, times: np.ndarray) -> float:
    used, _ = gravity._telling(accel, gyro, times)
    return float(np.median(np.linalg.norm(accel[used], axis=1))) if used.any() else float("nan")


def test_short_and_vigorous_is_undetermined() -> None:
    assert np.isnan(size(*vigorous(3.0)))


def test_a_second_at_rest_tells() -> None:
    accel, gyro, times = vigorous(3.0)
    accel[:HZ], gyro[:HZ] = [0, 0, gravity.STANDARD], 0.0
    assert size(accel, gyro, times) == pytest.approx(gravity.STANDARD)
    assert size(1.2 * accel, gyro, times) == pytest.approx(1.2 * gravity.STANDARD)


def test_half_a_moment_at_rest_does_not() -> None:
    accel, gyro, times = vigorous(3.0)
    accel[:60], gyro[:60] = [0, 0, gravity.STANDARD], 0.0
    assert np.isnan(size(accel, gyro, times))


def test_turning_about_the_vertical_is_not_rest() -> None:
    accel, gyro, times = vigorous(3.0)
    accel[:], gyro[:] = [0, 0, 13.0], [0, 0, 2.0]
    assert np.isnan(size(accel, gyro, times))


def test_the_long_run_and_another_unit_tell_without_rest() -> None:
    accel, gyro, times = vigorous(25.0)
    assert size(accel, gyro, times) > gravity.STANDARD + gravity.NORM.value
    accel, gyro, times = vigorous(3.0)
    assert size(accel / gravity.STANDARD, gyro, times) < 3


def test_a_clock_that_leaps_by_years_takes_no_memory() -> None:
    accel, gyro, times = vigorous(3.0)
    times[300:] += 1e12
    accel[:HZ], gyro[:HZ] = [0, 0, gravity.STANDARD], 0.0
    assert size(accel, gyro, times) == pytest.approx(gravity.STANDARD)
