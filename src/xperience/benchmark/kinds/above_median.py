"""One number a window, asked as a two-way label: is it above the median of the training windows?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from xperience.benchmark.heads import Head
from xperience.benchmark.interval import Units
from xperience.benchmark.kinds import labels
from xperience.benchmark.samples import NotMeasurable, Part, Pool, Rows, Samples, Target
from xperience.benchmark.task import Outcome, Task

HIGH, LOW = "high", "low"


def evaluate(
    task: Task,
    head: Head,
    train: Pool,
    val: Pool,
    test: Pool,
    units: Units,
    rng: np.random.Generator,
    outcome: Outcome,
) -> None:
    measure(task, head, (train, val, test), units, rng, outcome, np.greater)


def measure(
    task: Task,
    head: Head,
    pools: tuple[Pool, Pool, Pool],
    units: Units,
    rng: np.random.Generator,
    outcome: Outcome,
    high: Callable[[np.ndarray, float], np.ndarray],
) -> None:
    """Training, validation and test pool, asked whether a number is `high` beside the median."""
    train, val, test = pools
    if not len(train):
        raise NotMeasurable("no training windows with a recorded target: no median")
    bound = float(np.median(train.target))
    train, val, test = (_labelled(pool, bound, high) for pool in (train, val, test))
    labels.evaluate(task, head, train, val, test, units, rng, outcome)
    outcome.fit = outcome.fit | {"train_median": bound}


def _labelled(pool: Pool, bound: float, high: Callable[[np.ndarray, float], np.ndarray]) -> Pool:
    parts = [Part(part.recording, _with_labels(part.samples, bound, high), part.rows) for part in pool.parts]
    return replace(pool, parts=parts)


def _with_labels(samples: Samples, bound: float, high: Callable[[np.ndarray, float], np.ndarray]) -> Samples:
    def target(rows: Rows) -> Target:
        found = np.empty(len(rows), object)
        found[:] = np.where(high(samples.target(rows), bound), HIGH, LOW).tolist()
        return found

    return replace(samples, target=target)
