"""How far apart the clocks of a worn IMU and of a tracked limb are, measured from the turning of that limb.

A gyroscope's magnitude and the turning rate of the bone it is strapped to rise and fall together, whatever the
sensor's orientation. The lag at which they agree best is the offset between the two clocks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

SEARCH_S = 0.5
"""Largest lag considered; half a second is a third of the shortest trial."""

STEP_S = 0.01
LEAST_OVERLAP = 0.8
LEAST_SAMPLES = 8
LEAST_CORRELATION = 0.7
LARGEST_STD_S = 0.1
"""Below this correlation, or above this uncertainty, the lag counts as undetermined."""


@dataclass(frozen=True)
class Lag:
    """Offset of stream b against stream a: positive where b's stamps are later than a's for one event.

    Attributes:
        offset_s, std_s: seconds; NaN where undetermined.
        correlation: at the best lag; `correlation_at_zero`: at the stamps as given.
        status: "measured" or "undetermined".
    """

    offset_s: float
    std_s: float
    correlation: float
    correlation_at_zero: float
    status: str

    @classmethod
    def undetermined(cls, correlation: float = np.nan, at_zero: float = np.nan) -> Lag:
        return cls(np.nan, np.nan, correlation, at_zero, "undetermined")

    def record(self) -> dict[str, float | str | None]:
        """For JSON, which has no NaN: None in its place."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def bone_turning(parent: np.ndarray, child: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """[T] turning rate of the bone from `parent` to `child` (both [T, 3], metres) at `times_s`, rad/s.

    Positions are smoothed with a Gaussian of one frame first: differentiation multiplies the sensor's centimetre
    of jitter by its frame rate.
    """
    from scipy.ndimage import gaussian_filter1d

    bone = gaussian_filter1d(np.asarray(child, np.float64) - np.asarray(parent, np.float64), 1.0, axis=0)
    bone /= np.maximum(np.linalg.norm(bone, axis=1, keepdims=True), 1e-6)
    return np.linalg.norm(np.gradient(bone, times_s, axis=0), axis=1)


def gyro_turning(gyro: np.ndarray) -> np.ndarray:
    """[M] magnitude of the angular velocity [M, 3], smoothed over 1.5 samples to match the skeleton's bandwidth."""
    from scipy.ndimage import gaussian_filter1d

    return np.linalg.norm(gaussian_filter1d(np.asarray(gyro, np.float64), 1.5, axis=0), axis=1)


def measure(times_a: np.ndarray, a: np.ndarray, times_b: np.ndarray, b: np.ndarray) -> Lag:
    """Lag of signal b against signal a by the maximum of their correlation over shifts of b.

    The uncertainty is that of a least-squares fit of b by a shifted, scaled and offset a (Gauss-Newton), with the
    residual's correlation in time accounted for by the factor (1 + r) / (1 - r) of its first autocorrelation.
    """
    if min(len(a), len(b)) < LEAST_SAMPLES or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return Lag.undetermined()
    lags = np.arange(-SEARCH_S, SEARCH_S + STEP_S / 2, STEP_S)
    scores = np.array([correlation(times_a, a, times_b - lag, b) for lag in lags])
    at_zero = correlation(times_a, a, times_b, b)
    if not np.isfinite(scores).any():
        return Lag.undetermined(at_zero=at_zero)
    best = int(np.nanargmax(scores))
    score, lag = float(scores[best]), float(lags[best] + STEP_S * _peak(scores[best - 1 : best + 2]))
    std = _uncertainty(times_a, a, times_b - lag, b)
    inside = 0 < best < len(lags) - 1
    if not inside or score < LEAST_CORRELATION or not std <= LARGEST_STD_S:
        return Lag.undetermined(score, at_zero)
    return Lag(lag, std, score, at_zero, "measured")


def correlation(times_a: np.ndarray, a: np.ndarray, times_b: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation of b with a read at b's times; NaN with too little overlap or no variation."""
    there = (times_b >= times_a[0]) & (times_b <= times_a[-1])
    if there.sum() < max(LEAST_SAMPLES, LEAST_OVERLAP * len(b)):
        return np.nan
    x, y = np.interp(times_b[there], times_a, a), b[there]
    x, y = x - x.mean(), y - y.mean()
    power = float((x @ x) * (y @ y))
    return float(x @ y) / np.sqrt(power) if power > 0 else np.nan


def _uncertainty(times_a: np.ndarray, a: np.ndarray, times_b: np.ndarray, b: np.ndarray) -> float:
    there = (times_b >= times_a[0]) & (times_b <= times_a[-1])
    at, y = times_b[there], b[there]
    design = np.stack([np.interp(at, times_a, a), np.ones(len(at)), np.interp(at, times_a, np.gradient(a, times_a))], 1)
    gain = np.linalg.lstsq(design[:, :2], y, rcond=None)[0]
    residual = y - design[:, :2] @ gain
    power = float(residual @ residual)
    if len(y) < LEAST_SAMPLES or power <= 0 or gain[0] == 0:
        return 0.0 if power <= 0 else np.inf
    memory = float(np.clip(residual[1:] @ residual[:-1] / power, 0.0, 0.95))
    design[:, 2] *= gain[0]  # derivative of the fit by the lag
    design /= (scale := np.maximum(np.linalg.norm(design, axis=0), 1e-12))
    if np.linalg.matrix_rank(design, tol=1e-6) < 3:  # nothing moves: any lag fits
        return np.inf
    variance = np.linalg.inv(design.T @ design)[2, 2] / scale[2] ** 2 * power / (len(y) - 3)
    return float(np.sqrt(variance * (1 + memory) / (1 - memory)))


def _peak(scores: np.ndarray) -> float:
    """Where a parabola through three neighbouring values peaks, in steps from the middle one; 0 at an edge."""
    if len(scores) < 3 or not np.isfinite(scores).all():
        return 0.0
    left, middle, right = scores
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
