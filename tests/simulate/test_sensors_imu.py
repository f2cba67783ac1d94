"""The IMU against motions whose answer is known."""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.simulate.sensors import imu


def still(times_s: np.ndarray) -> np.ndarray:
    upright = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # y of the body points down
    return np.broadcast_to(geometry.transform(upright, np.zeros(3)), (len(times_s), 4, 4))


def spinning(times_s: np.ndarray) -> np.ndarray:
    """Turns about its own y axis at 0.7 rad/s on a circle of 0.5 m about the world's z at 2 rad/s."""
    turn = geometry.rotvec_to_matrix(times_s[:, None] * np.array([0, 0.7, 0]))
    position = 0.5 * np.stack([np.cos(2 * times_s), np.sin(2 * times_s), np.zeros_like(times_s)], -1)
    return geometry.transform(turn, position)


def test_at_rest_it_reads_gravity_upwards() -> None:
    force, rate = imu.ideal(still, np.linspace(0, 1, 50))
    np.testing.assert_allclose(force, np.tile([0, -9.81, 0], (50, 1)), atol=1e-9)
    np.testing.assert_allclose(rate, 0, atol=1e-12)


def test_rate_and_centripetal_force() -> None:
    times = np.linspace(0, 2, 400)
    force, rate = imu.ideal(spinning, times)
    np.testing.assert_allclose(rate, np.tile([0, 0.7, 0], (400, 1)), atol=1e-6)
    pose = spinning(times)
    world = np.einsum("nij,nj->ni", pose[:, :3, :3], force)
    np.testing.assert_allclose(world, -4 * pose[:, :3, 3] + [0, 0, 9.81], atol=1e-3)


def test_noise_and_bias_are_those_of_the_part() -> None:
    times = np.arange(0, 60, 0.005)
    accel, gyro = imu.measure(still, times, 60.0, np.random.default_rng(0))
    assert 0.9 < np.diff(gyro, axis=0).std() / (np.sqrt(2) * imu.GYRO_NOISE) < 1.1
    assert 0.9 < np.diff(accel, axis=0).std() / (np.sqrt(2) * imu.ACCEL_NOISE) < 1.1
    assert np.abs(np.degrees(gyro.mean(0))).max() < 0.2
    assert np.abs(accel.mean(0) - [0, -9.81, 0]).max() < 0.1
