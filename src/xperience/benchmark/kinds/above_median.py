"""One number a window, asked as a two-way label: is it above the median of the training windows?"""

from __future__ import annotations

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
    if not len(train):
        raise NotMeasurable("no training windows with a recorded target: no median")
    bound = float(np.median(train.target))
    train, val, test = (_labelled(pool, bound) for pool in (train, val, test))
    labels.evaluate(task, head, train, val, test, units, rng, outcome)
    outcome.fit = outcome.fit | {"train_median": bound}


def _labelled(pool: Pool, bound: float) -> Pool:
    parts = [Part(part.recording, _with_labels(part.samples, bound), part.rows) for part in pool.parts]
    return replace(pool, parts=parts)


def _with_labels(samples: Samples, bound: float) -> Samples:
    def target(rows: Rows) -> Target:
        found = np.empty(len(rows), object)
        found[:] = np.where(samples.target(rows) > bound, HIGH, LOW).tolist()
        return found

    return replace(samples, target=target)
