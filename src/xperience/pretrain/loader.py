"""Batches ahead of time, from worker processes, in an order that nothing of this changes.

Global step s holds samples s G to (s + 1) G; rank r of W takes every W-th of them, from the r-th on. Workers only decide
who assembles which step. The state of a loader is the number of its next step.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from xperience.errors import LimitError, UsageError
from xperience.prepare.batch import Batch
from xperience.prepare.shards.reader import Prepared
from xperience.pretrain.batches import Batches
from xperience.pretrain.sampling import BatchRecipe, Mix
from xperience.processes import begin_worker, result_of, worker_context

AHEAD = 2
"""Batches that may be ready, besides one that each worker is busy with: of a large model they take gigabytes each."""


def samples_of(step: int, size: int, rank: int = 0, world: int = 1) -> np.ndarray:
    """Sample numbers of a global step on one rank; `size` is that of the whole step.

    Raises:
        UsageError: a step that cannot be dealt out evenly.
    """
    if size % world:
        raise UsageError(
            "the batch cannot be dealt out evenly", field="batch", found=size, expected=f"a multiple of {world}"
        )
    return np.arange(step * size + rank, (step + 1) * size, world, dtype=np.int64)


def load(
    folders: list[Path],
    mixes: list[Mix],
    recipe: BatchRecipe,
    *,
    seed: int,
    size: int,
    start: int = 0,
    stop: int | None = None,
    rank: int = 0,
    world: int = 1,
    workers: int = 0,
) -> Iterator[tuple[int, Batch]]:
    """(global step, batch of this rank) from step `start` on, for ever or up to `stop`.

    Args:
        size: samples of a global step, over all ranks. workers: processes that assemble; with 0 a thread does.

    Raises:
        XperienceError: what opening the data raises. LimitError: a worker died.
    """
    samples_of(start, size, rank, world)
    if workers:
        context = worker_context("spawn")
        pool: ProcessPoolExecutor | ThreadPoolExecutor = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_open, initargs=(os.getpid(), folders, mixes, recipe, seed)
        )
        task = _assemble
    else:
        batches = Batches([Prepared.open(folder) for folder in folders], mixes, recipe, seed)
        pool = ThreadPoolExecutor(1)
        task = batches.batch
    waiting: deque[tuple[int, Future[Batch]]] = deque()
    step = start
    try:
        while True:
            while len(waiting) < AHEAD + max(workers, 1) and (stop is None or step < stop):
                waiting.append((step, pool.submit(task, samples_of(step, size, rank, world))))
                step += 1
            if not waiting:
                return
            number, future = waiting.popleft()
            yield number, result_of(pool, future)
    except BrokenProcessPool as error:
        raise LimitError(
            "a loader process died",
            field="workers",
            found=workers,
            hint="memory ran out? use fewer workers; resume is exact",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)  # waits for what is under way: no process outlives its loader


_batches: Batches | None = None  # in a worker: its own


def _open(parent: int, folders: list[Path], mixes: list[Mix], recipe: BatchRecipe, seed: int) -> None:
    global _batches
    begin_worker(parent)
    _batches = Batches([Prepared.open(folder) for folder in folders], mixes, recipe, seed)


def _assemble(k: np.ndarray) -> Batch:
    assert _batches is not None
    return _batches.batch(k)
