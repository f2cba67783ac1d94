"""Blocks computed side by side: worker processes that leave nothing behind and do not take the run down with them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, cast

from xperience.episode import Episode
from xperience.episode.presence import Problem
from xperience.errors import CorruptError, FormatError, LimitError, MissingError, let_through
from xperience.prepare.blocks import registry
from xperience.prepare.blocks.base import BlockValues, Windows, absent
from xperience.processes import begin_worker, result_of, unblock, worker_context

WORKERS_A_RECORDING = 6
"""Workers that one recording keeps busy: its views."""

POLL_S = 0.2


class Reader:
    """Keeps the recording in use open from one block to the next."""

    def __init__(self) -> None:
        self._open: tuple[Path, Episode] | None = None

    def episode(self, path: Path) -> Episode:
        if self._open is None or self._open[0] != path:
            self.close()
            self._open = path, Episode.open(path)
        return self._open[1]

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None


_moved: Any = None  # in a worker: progress shared with the parent, in the meter's units
_reader = Reader()  # in a worker: its own


@dataclass
class Plan:
    """One recording to be worked through.

    Attributes:
        path: episode folder or annotation file.
        spans: its windows.
        units: how far the progress moves for the whole recording.
        done: blocks that are finished.
    """

    path: Path
    spans: Windows
    units: float
    done: dict[str, BlockValues] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One block of one recording; `units` is its share of the progress."""

    path: Path
    name: str
    spans: Windows
    units: float

    def run(self, reader: Reader, advance: Callable[[float], None]) -> BlockValues:
        """The block; a stream that cannot be read counts as absent, with the reason."""
        left = float(self.spans.num_frames)

        def tick(frames: int) -> None:
            nonlocal left
            left -= frames
            advance(self.units * frames / self.spans.num_frames)

        try:
            episode = reader.episode(self.path)
            values = registry()[self.name].extract(episode, self.spans, tick)
            values = replace(values, problems=(*values.problems, *episode.problems))
        except (FormatError, CorruptError, LimitError, MissingError) as error:
            let_through(error)
            values = self.failed(error.what, error.field, error.found, error.expected)
        if self.spans.num_frames:
            advance(self.units * left / self.spans.num_frames)
        return values

    def failed(self, what: str, field: str | None = None, found: object = "", expected: object = "") -> BlockValues:
        problem = Problem(field or self.name, what, str(found or ""), str(expected or ""))
        return absent(self.name, self.spans, what, (problem,))


def run(plans: Iterable[Plan], workers: int, advance: Callable[[float], None], pool: Pool) -> Iterator[Plan]:
    """Yields each plan when all its blocks are done. Long blocks start first.

    A job that takes its worker process down is set aside alone; the others are done all the same.

    Args:
        advance: moves the progress on.
        pool: from `open_pool`, with as many workers.
    """
    waiting = iter(plans)
    active: dict[Future[BlockValues], tuple[Plan, Job]] = {}
    at_a_time = (
        1 if workers == 1 else 2 + workers // WORKERS_A_RECORDING
    )  # one more: no worker waits for the last block
    with contextlib.ExitStack() as opened:
        while True:
            while len({id(plan) for plan, _ in active.values()}) < at_a_time:
                plan = next(waiting, None)
                if plan is None:
                    break
                if isinstance(pool, _Processes) and pool.broken:
                    pool = opened.enter_context(_Processes(workers))
                active |= {_submit(pool, job, advance): (plan, job) for job in _jobs(plan)}
            if not active:
                return
            finished, _ = wait(active, timeout=POLL_S, return_when=FIRST_COMPLETED)
            if isinstance(pool, _Processes):
                advance(pool.moved())
                if not finished:
                    unblock(pool)
            for future in finished:
                plan, job = active.pop(future)
                try:
                    plan.done[job.name] = future.result()
                except BrokenProcessPool:  # one of the jobs did it: which one is found by running each alone
                    assert isinstance(pool, _Processes)
                    pool.broken = True
                    plan.done[job.name] = _alone(job)
                if len(plan.done) == len(registry()):
                    yield plan


def _jobs(plan: Plan) -> list[Job]:
    blocks = sorted(registry().values(), key=lambda block: -block.cost)
    total = sum(block.cost for block in blocks)
    return [Job(plan.path, block.name, plan.spans, plan.units * block.cost / total) for block in blocks]


def _submit(pool: Pool, job: Job, advance: Callable[[float], None]) -> Future[BlockValues]:
    if isinstance(pool, _Here):
        return pool.submit(job.run, pool.reader, advance)
    try:
        return pool.submit(_work, job)
    except BrokenProcessPool as error:
        future: Future[BlockValues] = Future()
        future.set_exception(error)
        return future


def _alone(job: Job) -> BlockValues:
    with _Processes(1) as pool:
        try:
            return cast(BlockValues, result_of(pool, pool.submit(_work, job)))
        except BrokenProcessPool:
            return job.failed("the process that worked on it died", found="out of memory, or a fault in a decoder")


def open_pool(workers: int) -> Pool:
    """Processes, started at once; for one worker, this process."""
    return _Processes(workers) if workers > 1 else _Here()


class _Here(Executor):
    """Runs what is submitted at once."""

    def __init__(self) -> None:
        self.reader = Reader()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.reader.close()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class _Processes(ProcessPoolExecutor):
    """A process pool whose workers share a progress counter and end with their parent."""

    def __init__(self, workers: int) -> None:
        context = _context()
        self.broken = False
        self._counter = context.Value("d", 0.0)
        self._seen = 0.0
        super().__init__(workers, mp_context=context, initializer=_start, initargs=(self._counter, os.getpid()))
        self.submit(int).result()  # forks now, before the caller starts threads

    def moved(self) -> float:
        """Progress since the last call."""
        now = self._counter.value
        step, self._seen = now - self._seen, now
        return step

    def __exit__(self, *error: Any) -> None:
        self.shutdown(cancel_futures=True)


Pool = _Here | _Processes


def _context() -> BaseContext:
    """Forked workers start in milliseconds; a process that already has threads cannot be forked safely."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return worker_context("fork" if alone else "spawn")


def _start(counter: Any, parent: int) -> None:
    global _moved
    _moved = counter
    begin_worker(parent)


def _work(job: Job) -> BlockValues:
    return job.run(_reader, _add)


def _add(units: float) -> None:
    with _moved.get_lock():
        _moved.value += units
