"""Curves that people move along: minimum jerk, soft limits, low-pass filters, and tracks of knots joined by splines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

RATE = 100.0
"""Knots a second of every track."""
PAD = 1.0
"""Seconds of knots before the start and after the end, so that derivatives exist at both."""


def knots(duration_s: float) -> np.ndarray:
    """Times of the knots of an episode."""
    return np.arange(-round(PAD * RATE), int(np.ceil((duration_s + PAD) * RATE)) + 1) / RATE


def minimum_jerk(share: np.ndarray) -> np.ndarray:
    """0 to 1 over shares 0 to 1, with zero velocity and acceleration at both ends (Flash and Hogan 1985)."""
    s = np.clip(share, 0.0, 1.0)
    return s * s * s * (10 + s * (6 * s - 15))


def ramp(times: np.ndarray, start: float, end: float) -> np.ndarray:
    """Minimum-jerk rise from 0 at `start` to 1 at `end`; a step where the two coincide."""
    return minimum_jerk((times - start) / max(end - start, 1e-9))


def cruise(share: np.ndarray, ease: float = 0.3) -> np.ndarray:
    """0 to 1 over shares 0 to 1 at constant speed between minimum-jerk ramps of the speed that last `ease` each."""

    def integral(s: np.ndarray) -> np.ndarray:
        s = np.clip(s, 0.0, 1.0)
        return s**4 * (2.5 + s * (s - 3))

    s = np.clip(share, 0.0, 1.0)
    flat = np.clip(s - ease, 0.0, None)
    distance = ease * integral(s / ease) + flat - np.clip(s - (1 - ease), 0.0, None)
    distance = distance + ease * (0.5 - integral((1 - np.maximum(s, 1 - ease)) / ease))
    return distance / (1 - ease)


def bump(share: np.ndarray) -> np.ndarray:
    """0 at shares 0 and 1, 1 in the middle, with zero velocity and acceleration at both ends."""
    s = np.clip(share, 0.0, 1.0)
    return 64 * (s * (1 - s)) ** 3


def smooth(values: np.ndarray, sigma_s: float) -> np.ndarray:
    """Gaussian low-pass along the first axis of knots; no delay."""
    return gaussian_filter1d(values, sigma_s * RATE, axis=0, mode="nearest")


def soft_limit(value: np.ndarray, knee: float, limit: float) -> np.ndarray:
    """Positive values unchanged up to `knee`, then bent below `limit`, three times differentiable."""
    room = limit - knee
    excess = np.clip((value - knee) / room, 0.0, None)
    return np.minimum(value, knee) + room * excess / np.cbrt(1 + excess**3)


def soft_clip(value: np.ndarray, limit: float) -> np.ndarray:
    """Values of either sign bent into +-limit, almost unchanged below 0.7 of it."""
    return np.sign(value) * soft_limit(np.abs(value), 0.7 * limit, limit)


class Tracks:
    """Named tracks of knots, interpolated together by one cubic spline (continuous acceleration)."""

    def __init__(self, times: np.ndarray, tracks: Mapping[str, np.ndarray]) -> None:
        """Args: times: [N]. tracks: name to [N] or [N, C]."""
        columns, packed, start = {}, [], 0
        for name, values in tracks.items():
            flat = values.reshape(len(times), -1)
            columns[name] = (slice(start, start + flat.shape[1]), values.shape[1:])
            packed.append(flat)
            start += flat.shape[1]
        self._columns = columns
        self._span = (float(times[0]), float(times[-1]))
        self._spline = CubicSpline(times, np.concatenate(packed, axis=1))

    def __call__(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Every track at times [T]: name to [T] or [T, C]."""
        values = self._spline(np.clip(times, *self._span))
        return {name: values[:, columns].reshape(len(times), *tail) for name, (columns, tail) in self._columns.items()}
