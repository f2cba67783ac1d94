"""How a task is learnt and measured, one file for each kind of target.

A kind's `evaluate(task, head, train, val, test, units, rng, outcome)` puts trivial baselines into the outcome first,
then fits the head on the training pool (a head may look at the validation pool to stop) and measures it on the test
pool. Where the head cannot be measured, it sets `outcome.reason` or raises NotMeasurable, and the baselines stay.
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

import numpy as np

from xperience.benchmark.heads import Head
from xperience.benchmark.interval import Units
from xperience.benchmark.samples import Pool
from xperience.benchmark.task import Outcome, Task


class Kind(Protocol):
    def evaluate(
        self,
        task: Task,
        head: Head,
        train: Pool,
        val: Pool,
        test: Pool,
        units: Units,
        rng: np.random.Generator,
        outcome: Outcome,
    ) -> None: ...


KINDS = ("labels", "sets", "vectors", "retrieval", "pairs", "above_median", "from_median")


def kind_of(task: Task) -> Kind:
    assert task.kind in KINDS, task.kind
    return cast(Kind, importlib.import_module(f"{__name__}.{task.kind}"))
