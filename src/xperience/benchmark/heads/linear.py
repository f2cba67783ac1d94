"""Linear heads on standardised features; scikit-learn and numpy only, deterministic.

Windows are fewer than features, so everything is solved in the space that the training windows span: with
X X' = L L' (Cholesky) the rows of L are coordinates of the windows that carry every inner product, and an L2-penalised
model of L is the same model as one of X: nothing is projected away. Penalties are those of the published linear heads and are
never chosen on test windows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xperience import threads
from xperience.benchmark.heads import Fitted, Predictor
from xperience.benchmark.samples import NotMeasurable, Pool
from xperience.storage import digest

LOGISTIC_L2 = 2e-3
"""Penalty of the mean logistic loss: mean(loss) + L2 / 2 |W|^2, class-balanced, as published."""

RIDGE_L2 = 10.0
"""Penalty of the summed squared error of standardised targets, as published."""

CLIP = 10.0
"""Bound of a standardised input: a dimension that hardly moved in training must not rule the test."""

MIN_STD = 1e-6
"""Smaller deviations count as constant."""

MAX_ITERATIONS = 200
TOLERANCE = 1e-5
"""Largest gradient of the mean loss at which a logistic fit counts as converged."""

JITTER = 1e-9
"""Added to the kernel's diagonal, relative to its mean, so that equal windows can be told apart by rounding alone."""

MAX_TRAIN = 3000
"""Most training samples; more are thinned evenly. Bounds the kernel at 72 MB and most fits at a minute."""

POSITIVE_WEIGHT = (1.0, 20.0)
"""Bounds of the weight of a present object, (n - count) / count between them, as published."""

MIN_POSITIVES = 2
"""Objects in fewer training windows get no head and are never predicted."""

_COLUMNS = 2048
"""Columns multiplied at once in float64."""


@dataclass(frozen=True)
class Scaler:
    """Mean and deviation of the training windows.

    A column of a block that a recording lacks is NaN there: it takes no part in the statistics and becomes 0, the
    training mean. Where a block's presence varies in training, a column of +-0.5 says so. Columns that never vary in
    training carry no weight in any head and are left out.

    Attributes:
        columns: [K] columns kept.
        mean, std: [K].
        indicators: first columns of the blocks whose presence varies.
    """

    columns: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    indicators: np.ndarray

    @classmethod
    def fit(cls, x: np.ndarray, block_starts: np.ndarray) -> Scaler:
        """From training inputs [n, D] alone."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Mean of empty slice|Degrees of freedom", RuntimeWarning)
            mean = np.asarray(np.nanmean(x, axis=0, dtype=np.float64))
            std = np.asarray(np.nanstd(x, axis=0, dtype=np.float64))
        columns = np.flatnonzero(std >= MIN_STD)  # NaN, for a block that is always absent, is not
        absent = np.isnan(x[:, block_starts])
        varies = absent.any(axis=0) & ~absent.all(axis=0)
        kept_mean, kept_std = mean[columns].astype(np.float32), std[columns].astype(np.float32)
        return cls(columns, kept_mean, kept_std, block_starts[varies])

    def apply(self, x: np.ndarray) -> np.ndarray:
        """[n, K + indicators] float32, no NaN, within +-CLIP."""
        z = np.clip((x[:, self.columns] - self.mean) / self.std, -CLIP, CLIP)
        present = np.isfinite(x[:, self.indicators]).astype(np.float32)
        return np.concatenate([np.nan_to_num(z, copy=False), present - 0.5], axis=1)


def _inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b' in float64 without float64 copies of either."""
    result = np.zeros((len(a), len(b)))
    for k in range(0, a.shape[1], _COLUMNS):
        result += a[:, k : k + _COLUMNS].astype(np.float64) @ b[:, k : k + _COLUMNS].astype(np.float64).T
    return result


class Span:
    """Coordinates of windows in the space that the training windows span.

    Raises NotMeasurable where the training inputs are all the same.

    Attributes:
        train: [n, n] coordinates of the training windows.
    """

    def __init__(self, x: np.ndarray, block_starts: np.ndarray) -> None:
        from scipy.linalg import cholesky

        self.scaler = Scaler.fit(x, block_starts)
        self._z = self.scaler.apply(x)
        self._z_mean = self._z.mean(axis=0, dtype=np.float64).astype(np.float32)  # clipping can shift the mean
        self._z -= self._z_mean
        kernel = _inner(self._z, self._z)
        scale = np.trace(kernel) / len(kernel)
        if scale == 0:
            raise NotMeasurable(
                "input absent: no input varies over the training windows, so nothing can be learnt from it"
            )
        kernel[np.diag_indices_from(kernel)] += JITTER * scale
        self.train = cholesky(kernel, lower=True, overwrite_a=True)

    @cached_property
    def principal(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Training windows [n, r] in the principal axes of the span, the axes [n, r], and squared lengths along them [r]."""
        from scipy.linalg import eigh

        values, axes = eigh(self.train.T @ self.train)
        kept = values > values[-1] * 1e-12
        return self.train @ axes[:, kept], axes[:, kept], values[kept]

    def project(self, chunks: Iterable[np.ndarray]) -> np.ndarray:
        """[m, n] coordinates of other windows, given as inputs in chunks.

        Raises:
            NotMeasurable: all of them look the same, so that every window would get one answer.
        """
        from scipy.linalg import solve_triangular

        inner, first, varied, count = [], None, False, 0
        for x in chunks:
            z = self.scaler.apply(x)
            first = z[:1] if first is None else first
            varied, count = varied or bool((z != first).any()), count + len(z)
            inner.append(_inner(self._z, z - self._z_mean))
        if count > 1 and not varied:
            raise NotMeasurable("input absent: nothing known from training varies over the test windows")
        return solve_triangular(self.train, np.concatenate(inner, axis=1), lower=True, overwrite_b=True).T

    def checkpoint(self, fit: Fit) -> dict[str, np.ndarray]:
        """The head on its own: logits or targets = apply(x) W + b, with `apply` that of `Scaler`."""
        from scipy.linalg import solve_triangular

        dual = solve_triangular(self.train, fit.coefficients, lower=True, trans="T")
        weights = self._z.T @ dual.astype(np.float32)
        return {"W": weights, "b": fit.intercept - self._z_mean @ weights, **vars(self.scaler)}


@dataclass(frozen=True)
class Fit:
    """A fitted head: its coefficients in the span, and how the fit went."""

    coefficients: np.ndarray
    intercept: np.ndarray
    iterations: int
    converged: bool


def fit_classes(span: Span, y: np.ndarray, classes: int) -> Fit:
    """Class-balanced logistic regression of labels [n] in 0..classes-1, each of which occurs; classes at least 2.

    For two classes one column of coefficients, else one a class.
    """
    n = len(y)
    weight = (n / (classes * np.bincount(y, minlength=classes)))[y]
    z, axes, values = span.principal
    columns = 1 if classes == 2 else classes
    rows = np.arange(n)

    def loss(logits: np.ndarray) -> tuple[float, np.ndarray]:
        if columns == 1:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        logits -= logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits).sum(axis=1))
        value = float((weight * (total - logits[rows, y])).sum()) / n
        away = np.exp(logits - total[:, None])
        away[rows, y] -= 1
        away *= weight[:, None] / n
        return value, away[:, classes - columns :] if columns == 1 else away

    curvature = np.sqrt(values / (n * classes) + LOGISTIC_L2)[:, None]
    return _descend(z, axes, loss, np.broadcast_to(curvature, (len(values), columns)))


def _descend(
    z: np.ndarray, axes: np.ndarray, loss: Callable[[np.ndarray], tuple[float, np.ndarray]], curvature: np.ndarray
) -> Fit:
    """Logistic fits by L-BFGS, all columns at once.

    Directions differ 1000-fold in scale, so that plain descent crawls: it runs in the principal axes, each scaled by
    the square root of the curvature [r, columns] that it has where nothing is known yet.

    Args:
        loss: mean loss of logits [n, columns] and its derivative by them.
    """
    from scipy.optimize import minimize

    r, columns = curvature.shape
    short = z.astype(np.float32)  # products in single precision: their error stays far below `TOLERANCE`

    def whole(theta: np.ndarray) -> tuple[float, np.ndarray]:
        threads.adapt()
        plain = theta[columns:].reshape(r, columns) / curvature
        value, away = loss((short @ plain.astype(np.float32)).astype(np.float64) + theta[:columns])
        gradient = (short.T @ away.astype(np.float32) + LOGISTIC_L2 * plain) / curvature
        return value + LOGISTIC_L2 / 2 * float((plain**2).sum()), np.concatenate([away.sum(axis=0), gradient.ravel()])

    found = minimize(
        whole,
        np.zeros(columns * (r + 1)),
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": MAX_ITERATIONS,
            "maxfun": 2 * MAX_ITERATIONS,
            "gtol": TOLERANCE,
            "ftol": 1e-12,
            "maxcor": 20,
        },
    )
    plain = found.x[columns:].reshape(r, columns) / curvature
    return Fit(axes @ plain, found.x[:columns], int(found.nit), bool(found.success))


def class_probabilities(fit: Fit, z: np.ndarray) -> np.ndarray:
    """[m, C]; for two classes the head has one column, of class 1."""
    logits = z @ fit.coefficients + fit.intercept
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    exponential = np.exp(logits)
    return exponential / exponential.sum(axis=1, keepdims=True)


def fit_sets(span: Span, y: np.ndarray) -> Fit:
    """One logistic regression for each column of y [n, V] in {0, 1}.

    Columns with fewer than `MIN_POSITIVES` ones are never predicted; columns of ones always are.
    """
    n, count = len(y), y.sum(axis=0)
    coefficients = np.zeros((span.train.shape[1], y.shape[1]))
    intercept = np.where(count == n, 40.0, -40.0)  # probability 1 and 0 to double precision
    asked = np.flatnonzero((count >= MIN_POSITIVES) & (count < n))
    if not len(asked):
        return Fit(coefficients, intercept, 0, True)
    z, axes, values = span.principal
    there = y[:, asked] > 0
    heavy = np.clip((n - count[asked]) / count[asked], *POSITIVE_WEIGHT)
    weight = np.where(there, heavy, 1.0)

    def loss(logits: np.ndarray) -> tuple[float, np.ndarray]:
        value = (weight * (np.logaddexp(0, logits) - there * logits)).sum() / n
        return float(value), weight * (1 / (1 + np.exp(-np.clip(logits, -40, 40))) - there) / n

    curvature = np.sqrt(values[:, None] * weight.mean(axis=0) / (4 * n) + LOGISTIC_L2)
    fit = _descend(z, axes, loss, curvature)
    coefficients[:, asked], intercept[asked] = fit.coefficients, fit.intercept
    return Fit(coefficients, intercept, fit.iterations, fit.converged)


def set_probabilities(fit: Fit, z: np.ndarray) -> np.ndarray:
    """[m, V]."""
    return 1 / (1 + np.exp(-np.clip(z @ fit.coefficients + fit.intercept, -40, 40)))


def fit_vectors(span: Span, y: np.ndarray) -> Fit:
    """Ridge regression of standardised targets [n, K], in closed form; coefficients give targets in their own unit."""
    from scipy.linalg import solve

    mean, std = y.mean(axis=0, dtype=np.float64), y.std(axis=0, dtype=np.float64)
    std[std < MIN_STD] = 1
    kernel = span.train @ span.train.T
    kernel[np.diag_indices_from(kernel)] += RIDGE_L2
    dual = solve(kernel, (y - mean) / std, assume_a="pos", overwrite_a=True, overwrite_b=True)
    return Fit(span.train.T @ dual * std, mean, iterations=1, converged=True)


def predict_vectors(fit: Fit, z: np.ndarray) -> np.ndarray:
    """[m, K] float32."""
    return (z @ fit.coefficients + fit.intercept).astype(np.float32)


class LinearHead:
    """Logistic and ridge regression, in closed form or to convergence; the validation pool is not looked at."""

    name = "linear"
    text = "linear (logistic or ridge regression) on standardised features, classes balanced"

    def classes(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        span = _span(train)
        return _fitted(span, fit_classes(span, y, count), class_probabilities, LOGISTIC_L2)

    def sets(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        span = _span(train)
        return _fitted(span, fit_sets(span, y), set_probabilities, LOGISTIC_L2)

    def vectors(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        span = _span(train)
        return _fitted(span, fit_vectors(span, y), predict_vectors, RIDGE_L2, save=False)

    def config(self) -> dict[str, Any]:
        return {
            "logistic_l2": LOGISTIC_L2,
            "ridge_l2": RIDGE_L2,
            "clip": CLIP,
            "min_std": MIN_STD,
            "max_iterations": MAX_ITERATIONS,
            "tolerance": TOLERANCE,
            "max_train": MAX_TRAIN,
            "min_positives": MIN_POSITIVES,
        }


def build(seed: int) -> LinearHead:
    """The head; it draws nothing."""
    return LinearHead()


_last: list[tuple[str, Span]] = []
"""The last span with the digest of what it is of: several tasks in a row ask for the same windows through the same inputs."""


def _span(train: Pool) -> Span:
    x, starts = train.inputs(), train.parts[0].samples.block_starts
    identity = digest(np.ascontiguousarray(x).tobytes(), str(x.shape), starts.tobytes())
    if not _last or _last[0][0] != identity:
        _last.clear()  # before the next is made: each takes its training inputs twice
        _last.append((identity, Span(x, starts)))
    return _last[0][1]


def _fitted(
    span: Span, fit: Fit, answer: Callable[[Fit, np.ndarray], np.ndarray], l2: float, save: bool = True
) -> Fitted:
    how: dict[str, Any] = {"iterations": fit.iterations, "converged": fit.converged, "l2": l2}
    if not fit.converged:
        how["note"] = f"the fit stopped at {MAX_ITERATIONS} iterations before it converged"
    weights = span.checkpoint(fit) if save else {}
    return Fitted(lambda pool: answer(fit, span.project(pool.chunks())), how, weights)
