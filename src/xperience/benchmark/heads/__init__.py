"""Heads: what is learnt on top of a task's inputs. One file each, found by name.

A head is fitted on the training pool alone; the validation pool may stop it early, never the test pool. Every head
answers the same three questions (one class, a set of names, a vector), so that the kinds of task do not know which
head they measure.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from xperience.benchmark.samples import Pool
from xperience.errors import UsageError

HEADS = ("linear", "mlp")
UNKNOWN = -1
"""Stands for a label of the validation pool that training never showed."""

ASIDE = 0.15
"""Share of the training windows that decide when to stop where there is no validation pool."""


class Predictor(Protocol):
    """A fitted head.

    Attributes:
        fit: how the fit went; "converged" False is noted in the result. weights: arrays of the checkpoint.
    """

    fit: dict[str, Any]
    weights: dict[str, np.ndarray]

    def predict(self, pool: Pool) -> np.ndarray:
        """[n, C] probabilities of classes or names, or [n, K] float32 vectors in the target's unit."""
        ...


class Head(Protocol):
    """A way to learn. y are the targets of `train`, y_val those of `val` (which may be empty).

    Attributes:
        name: as in `HEADS`. text: for readers.
    """

    name: str
    text: str

    def classes(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        """One of `count` classes; y [n] in 0..count - 1, each of which occurs; y_val may hold `UNKNOWN`."""
        ...

    def sets(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        """A set of names; y [n, V] in {0, 1}."""
        ...

    def vectors(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        """Vectors [n, K]."""
        ...

    def config(self) -> dict[str, Any]:
        """Settings that decide the result."""
        ...


@runtime_checkable
class Matcher(Protocol):
    """A head that has a space of its own for both sides of a retrieval, and need not predict one from the other."""

    def match(self, test: Pool) -> tuple[np.ndarray, np.ndarray]:
        """Queries and candidates [n, E], compared by cosine; the k-th belong together."""
        ...


@dataclass
class Fitted:
    """A predictor made of a function."""

    answer: Any
    fit: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)

    def predict(self, pool: Pool) -> np.ndarray:
        return cast(np.ndarray, self.answer(pool))


def head(name: str, seed: int = 0) -> Head:
    """A head by name.

    Raises:
        UsageError: no such head.
    """
    if name not in HEADS:
        raise UsageError("no such head", field="--heads", found=name, expected=" or ".join(HEADS))
    return cast(Head, importlib.import_module(f"{__name__}.{name}").build(seed))


def aside(train: Pool) -> np.ndarray:
    """[n] bool: whole recordings at the end, or the end of a single one, that stop the fit."""
    n, count = len(train), len(train.parts)
    if count >= 4:
        return np.asarray(train.episode >= count - max(1, round(ASIDE * count)))
    return np.arange(n) >= n - max(1, round(ASIDE * n))
