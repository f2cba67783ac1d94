"""What the headset's accelerometer and gyroscope would read: derivatives of its path, gravity, bias and noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xperience.episode import geometry

GRAVITY = 9.81
"""m/s2, along -z of the world."""

STEP_S = 0.0025
"""Half of the interval over which motion is differenced: half a sample, as in a sensor that averages between samples."""

# A consumer part: Bosch BMI160 data sheet (2018), table 1: output noise density 180 ug/sqrt(Hz) and
# 0.007 deg/s/sqrt(Hz). White noise of a sample is the density times the square root of the bandwidth, 80 Hz at 200 Hz.
BANDWIDTH_HZ = 80.0
ACCEL_NOISE = 180e-6 * 9.81 * BANDWIDTH_HZ**0.5
GYRO_NOISE = np.deg2rad(0.007) * BANDWIDTH_HZ**0.5
# What is left of the bias after the tracker has estimated it, and how it wanders; of the order that visual-inertial
# odometry assumes for such parts (random walks near 1e-4 m/s3/sqrt(Hz) and 1e-5 rad/s2/sqrt(Hz)).
ACCEL_BIAS, GYRO_BIAS = 0.02, np.deg2rad(0.04)
ACCEL_WALK, GYRO_WALK = 2e-4, 1e-5


def ideal(ego: Callable[[np.ndarray], np.ndarray], times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Specific force [M, 3] m/s2 and angular rate [M, 3] rad/s, body frame, of a perfect sensor.

    Specific force is R_body_world (a - g): a headset at rest reads 9.81 upwards. Central differences over STEP_S.

    Args:
        ego: T_world_body [T, 4, 4] at times [T].
    """
    before, at, after = (ego(times_s + shift) for shift in (-STEP_S, 0.0, STEP_S))
    acceleration = (before[:, :3, 3] - 2 * at[:, :3, 3] + after[:, :3, 3]) / STEP_S**2
    R_body_world = np.swapaxes(at[:, :3, :3], 1, 2)
    force = (R_body_world @ (acceleration + np.array([0.0, 0.0, GRAVITY]))[:, :, None])[:, :, 0]
    turn = np.swapaxes(before[:, :3, :3], 1, 2) @ after[:, :3, :3]
    return force, geometry.matrix_to_rotvec(turn) / (2 * STEP_S)


def measure(
    ego: Callable[[np.ndarray], np.ndarray], times_s: np.ndarray, duration_s: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Accelerometer and gyroscope samples [M, 3] float64 at `times_s` [M].

    Args:
        duration_s: the world's; motion at the ends, where one side of a difference would be missing, is that of the
            nearest instant inside.
    """
    inside = np.clip(times_s, STEP_S, duration_s - STEP_S)
    force, rate = ideal(ego, inside)
    step = np.sqrt(np.gradient(times_s))[:, None]
    shape = force.shape
    accel_bias = rng.normal(0, ACCEL_BIAS, 3) + np.cumsum(rng.normal(0, ACCEL_WALK, shape) * step, 0)
    gyro_bias = rng.normal(0, GYRO_BIAS, 3) + np.cumsum(rng.normal(0, GYRO_WALK, shape) * step, 0)
    accel = force + accel_bias + rng.normal(0, ACCEL_NOISE, shape)
    gyro = rate + gyro_bias + rng.normal(0, GYRO_NOISE, shape)
    return accel, gyro
