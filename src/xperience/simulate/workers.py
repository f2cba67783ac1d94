"""Jobs in several processes: progress from inside each job, and everything stops at once when it has to."""

from __future__ import annotations

import multiprocessing
import queue
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from xperience.errors import LimitError
from xperience.processes import begin_worker

Job = TypeVar("Job")
Work = Callable[[Job, Callable[[int], None]], None]
"""Does one job and tells how much it has done; must be importable by name, so that it reaches the processes."""

_POLL_S = 1.0
_DONE = "done"


def work_through(jobs: Sequence[Job], work: Work, workers: int) -> Iterator[int]:
    """Does all jobs in `workers` processes and yields what they tell. On any error, or when dropped, all are stopped.

    Raises:
        LimitError: a process was killed from outside.
        Whatever a job raised.
    """
    context = multiprocessing.get_context("spawn")  # a forked child would inherit the ray caster's threads half alive
    tasks, results = context.Queue(), context.Queue()
    for job in jobs:
        tasks.put(job)
    for _ in range(workers):
        tasks.put(None)
    crew = [context.Process(target=_member, args=(tasks, results, work), daemon=True) for _ in range(workers)]
    try:
        for process in crew:
            process.start()
        left = len(jobs)
        while left:
            try:
                told = results.get(timeout=_POLL_S)
            except queue.Empty:
                _look_after(crew)
                continue
            if isinstance(told, BaseException):
                raise told
            if told == _DONE:
                left -= 1
            else:
                yield told
    finally:
        for process in crew:
            if process.pid is not None:
                process.terminate()
                process.join()


def _look_after(crew: Sequence[Any]) -> None:
    for process in crew:
        if process.exitcode not in (None, 0):
            raise LimitError(
                "a worker process was killed",
                found=f"exit code {process.exitcode}",
                hint="if memory ran out, use fewer workers; then run it again: what is done is kept",
            )


def _member(tasks: Any, results: Any, work: Work) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then stops all
    begin_worker()
    while (job := tasks.get()) is not None:
        try:
            work(job, results.put)
        except Exception as error:
            results.put(error)
            return
        results.put(_DONE)
