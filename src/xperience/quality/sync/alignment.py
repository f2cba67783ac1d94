"""Offset and drift between two streams that saw the same motion.

Stream a gives a cumulative motion A(t): the gyro integrated, pose increments summed, or a position. Stream b gives
increments phi_k of it over its own intervals [s_k, e_k]. If b's stamps are later than a's by
o(t) = o + d (t - t_mid),

    phi_k = M (A(e_k - o) - A(s_k - o)) + beta (e_k - s_k) + noise,

with beta a constant rate (gyro bias). M is the identity, or, for turns seen in pictures, a 3 x 3 matrix near it:
pictures of near things turn less or more than the head does, by an amount that differs by axis, and this must not
pass for a lack of agreement. A grid over o finds the valley of the residual, Gauss-Newton with Tukey weights refines (o, d, beta), and a sandwich
covariance over blocks of a second gives the uncertainty, so that slow errors (hands in view, pose smoothing) are not
counted as many independent ones.

Rotation vectors are added as vectors: over one frame (50 ms, at most 10 degrees) the neglected commutator is below
half of a percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from xperience.quality.finding import Offset

SEARCH_S = 0.8
"""Offsets looked for, to both sides. Faults of up to half a second are to be measured, with room to see their far side."""

GRID_S = 0.01
TRACK_NODES = 1_000_000
"""Points of a track that are kept, evenly chosen: those of 80 minutes of IMU, 130 MB as a curve."""

GRID_INTERVALS = 20_000
"""Intervals that the grid is gone through with, evenly chosen: a quarter of an hour of frames tells the valley."""

GRID_NODES = 200_000
"""Points at which the track is read at a time while the grid is gone through: 5 MB."""

BLOCK_S = 1.0
MIN_INTERVALS = 40
"""Two seconds of video at 20 Hz: less cannot tell a valley from chance."""

MIN_EXPLAINED = 0.3
"""Share of b's motion that the aligned a must explain. Unrelated head motion explains under 0.2 (see the tests)."""

MIN_VALLEY = 1.5
"""Squared residual at the best offset outside +-AWAY_S over that at the best: below this the valley is ambiguous."""

AWAY_S = 0.2
CLIP = 8.0
"""Motion beyond so many robust standard deviations is clipped while the valley is looked for."""

TUKEY = 4.685
"""Tukey's biweight constant: 95 % efficiency for normal residuals."""


@dataclass(frozen=True)
class Track:
    """Cumulative motion [T, 3] (radians or metres, one fixed choice of axes) at strictly increasing times [T] seconds."""

    times_s: np.ndarray
    total: np.ndarray

    def between(self, start_s: np.ndarray, end_s: np.ndarray) -> np.ndarray:
        """Motion [K, 3] over intervals; NaN where the track does not reach."""
        ends = [
            np.stack([np.interp(t, self.times_s, axis, left=np.nan, right=np.nan) for axis in self.total.T], -1)
            for t in (start_s, end_s)
        ]
        return ends[1] - ends[0]


@dataclass(frozen=True)
class Increments:
    """Motion [K, 3] over intervals start_s..end_s [K] seconds, same axes as the track; NaN where unknown."""

    start_s: np.ndarray
    end_s: np.ndarray
    change: np.ndarray

    def track(self) -> Track:
        """The same motion as a cumulative track; intervals must follow one another. Unknown motion counts as none."""
        times = np.concatenate([self.start_s[:1], self.end_s])
        total = np.concatenate([np.zeros((1, 3)), np.cumsum(np.nan_to_num(self.change), axis=0)])
        return Track(times, total)


def measure(
    a: str, b: str, track: Track, increments: Increments, *, max_std_s: float, pictures: bool = False
) -> Offset:
    """Offset of b against a, or undetermined with the reason.

    Args:
        track: stream a. increments: stream b; intervals with non-finite motion are left out.
        max_std_s: largest uncertainty that still counts as measured.
        pictures: b's motion was seen in pictures, so that its size by axis is not to be trusted.
    """
    good = np.isfinite(increments.change).all(1) & (increments.end_s > increments.start_s)
    lo, hi = track.times_s[0] + SEARCH_S, track.times_s[-1] - SEARCH_S
    inside = good & (increments.start_s >= lo) & (increments.end_s <= hi)
    if inside.sum() < MIN_INTERVALS:
        return Offset.undetermined(a, b, f"only {int(inside.sum())} intervals in common, {MIN_INTERVALS} needed")
    start, end, phi = (array[inside] for array in (increments.start_s, increments.end_s, increments.change))
    every = slice(None, None, -(-len(track.times_s) // TRACK_NODES))
    curve = CubicSpline(track.times_s[every], track.total[every])

    fit = _Fit(phi, pictures)
    offsets = np.arange(-SEARCH_S, SEARCH_S + GRID_S / 2, GRID_S)
    some = slice(None, None, -(-len(phi) // GRID_INTERVALS))
    coarse = _Fit(phi[some], pictures)
    residual = coarse.residuals(curve, start[some], end[some], offsets)
    still = coarse.still()
    best = int(np.argmin(residual))
    away = np.abs(offsets - offsets[best]) > AWAY_S
    explained = 1 - residual[best] / still if still > 0 else 0.0
    if explained < MIN_EXPLAINED:
        return Offset.undetermined(a, b, f"aligned motion explains {max(0.0, explained):.0%} of what {b} saw")
    if best in (0, len(offsets) - 1):
        return Offset.undetermined(a, b, f"no match within {SEARCH_S} s")
    if residual[away].min() < MIN_VALLEY * residual[best]:
        return Offset.undetermined(a, b, "motion is too slow or too regular to tell one offset from another")

    solution, covariance = _refine(curve, start, end, phi, float(offsets[best]), fit)
    std, drift_std = np.sqrt(np.diag(covariance)[:2])
    if not np.isfinite(std) or std > max_std_s:
        return Offset.undetermined(a, b, f"uncertainty of {std * 1e3:.0f} ms is above {max_std_s * 1e3:.0f} ms")
    return Offset(
        a, b, float(solution[0]), float(std), float(solution[1]) * 1e6, "measured", drift_std_ppm=float(drift_std) * 1e6
    )


class _Fit:
    """How well one motion explains another [K, 3].

    Pictures err a little all the time and see the fast turns best: their fit is by least squares, with M and with single
    wild values tamed. Other streams agree to the noise wherever both are right: their fit is by the median.
    """

    def __init__(self, phi: np.ndarray, pictures: bool) -> None:
        self.pictures = pictures
        self.phi = _clipped(phi) if pictures else phi

    def matrix(self, moved: np.ndarray) -> np.ndarray:
        """M [..., 3, 3] for moved [..., K, 3]: least squares, lightly pulled to the identity."""
        if not self.pictures:
            return np.broadcast_to(np.eye(3), (*moved.shape[:-2], 3, 3))
        x, y = moved - moved.mean(-2, keepdims=True), self.phi - self.phi.mean(0)
        across = np.swapaxes(x, -1, -2)
        square = across @ x
        size = np.maximum(np.trace(square, axis1=-2, axis2=-1) / 3, 1e-12)
        ridge = 1e-2 * size[..., None, None] * np.eye(3)
        return np.swapaxes(np.linalg.solve(square + ridge, across @ y + ridge), -1, -2)

    def residuals(self, curve: CubicSpline, start: np.ndarray, end: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Squared size [L] of what the motion leaves unexplained at each offset."""
        nodes, index = np.unique(np.concatenate([start, end]), return_inverse=True)
        at_start, at_end = index[: len(start)], index[len(start) :]
        out = []
        for some in np.array_split(offsets, -(-len(offsets) * len(nodes) // GRID_NODES)):
            total = curve(nodes - some[:, None])
            moved = total[:, at_end] - total[:, at_start]
            out.append(self._size(self.phi - moved @ np.swapaxes(self.matrix(moved), -1, -2)))
        return np.concatenate(out)

    def still(self) -> float:
        """The same if nothing moved."""
        return float(self._size(self.phi))

    def _size(self, rest: np.ndarray) -> np.ndarray:
        if self.pictures:
            return np.asarray(rest.var(-2).sum(-1))
        middle = np.median(rest, axis=-2, keepdims=True)
        return np.asarray(np.median(np.linalg.norm(rest - middle, axis=-1), axis=-1) ** 2)


def _clipped(phi: np.ndarray) -> np.ndarray:
    middle = np.median(phi, axis=0)
    reach = CLIP * np.maximum(1.4826 * np.median(np.abs(phi - middle), axis=0), np.std(phi, axis=0) / 3)
    return np.clip(phi, middle - reach, middle + reach)


def _refine(
    curve: CubicSpline, start: np.ndarray, end: np.ndarray, phi: np.ndarray, offset: float, fit: _Fit
) -> tuple[np.ndarray, np.ndarray]:
    """(offset, drift, bias x, y, z) and their covariance [5, 5]."""
    rate = curve.derivative()
    lever = 0.5 * (start + end) - 0.5 * (start[0] + end[-1])
    span = end - start
    # Numbered without the empty ones: a clock may jump by years.
    blocks = np.unique(((start - start[0]) / BLOCK_S).astype(int), return_inverse=True)[1]
    parameters = np.array([offset, 0.0, 0.0, 0.0, 0.0])
    jacobian = np.zeros((*phi.shape, 5))
    jacobian[:, [0, 1, 2], [2, 3, 4]] = span[:, None]
    for _ in range(12):
        shift = parameters[0] + parameters[1] * lever
        moved = curve(end - shift) - curve(start - shift)
        matrix = fit.matrix(moved)
        rest = phi - moved @ matrix.T - parameters[2:] * span[:, None]
        jacobian[:, :, 0] = -(rate(end - shift) - rate(start - shift)) @ matrix.T
        jacobian[:, :, 1] = jacobian[:, :, 0] * lever[:, None]
        length = np.linalg.norm(rest, axis=1)
        scale = max(1.4826 * float(np.median(length)), 1e-9)
        if fit.pictures:  # between turns all is quiet: a scale from the middle alone would discard the turns
            scale = max(scale, float(np.sqrt((length**2).mean())) / 2)
        weight = np.clip(1 - (length / (TUKEY * scale)) ** 2, 0, None) ** 2
        normal = np.einsum("k,kci,kcj->ij", weight, jacobian, jacobian)
        gradient = np.einsum("k,kci,kc->ki", weight, jacobian, rest)
        inverse = np.linalg.pinv(normal, rcond=1e-12)
        step = inverse @ gradient.sum(0)
        step[0] = np.clip(step[0], -0.05, 0.05)
        parameters = parameters + step
        if abs(step[0]) < 1e-6:
            break
    count = int(blocks.max()) + 1
    scores = np.zeros((count, 5))
    np.add.at(scores, blocks, gradient)
    return parameters, inverse @ (scores.T @ scores) @ inverse * count / max(1, count - 2)
