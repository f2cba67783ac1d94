"""One number a window, asked as a two-way label: is it at or above the median of the training windows?"""

from __future__ import annotations

import numpy as np

from xperience.benchmark.heads import Head
from xperience.benchmark.interval import Units
from xperience.benchmark.kinds import above_median
from xperience.benchmark.samples import Pool
from xperience.benchmark.task import Outcome, Task


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
    above_median.measure(task, head, (train, val, test), units, rng, outcome, np.greater_equal)
