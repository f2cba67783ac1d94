"""Jobs in several processes: progress from inside each job, and everything stops at once when it has to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from xperience.errors import LimitError
from xperience.processes import begin_worker, worker_context

Job = TypeVar("Job")
Work = Callable[[Job, Callable[[int], None]], None]
"""Does one job and tells how much it has done; must be importable by name, so that it reaches the processes."""

_DONE = "done"


def work_through(jobs: Sequence[Job], work: Work, workers: int) -> Iterator[int]:
    """Does all jobs in `workers` processes and yields what they tell. On any error, or when dropped, all are stopped.

    Each process has a pipe of its own: one that is killed while it writes leaves half a message in it and then its end,
    and nobody waits for the other half.

    Raises:
        LimitError: a process was killed from outside.
        Whatever a job raised.
    """
    context = worker_context("spawn")  # a forked child would inherit the ray caster's threads half alive
    waiting = deque(jobs)
    crew: dict[Connection, Any] = {}
    try:
        for _ in range(min(workers, len(jobs))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_member, args=(theirs, work), daemon=True)
            process.start()
            theirs.close()  # now the process alone holds that end
            crew[ours] = process
            ours.send(waiting.popleft())
        left = len(jobs)
        while left:
            for ours in wait(list(crew)):
                assert isinstance(ours, Connection)
                try:
                    told = ours.recv()
                except (EOFError, OSError) as error:
                    raise _killed(crew[ours]) from error
                if isinstance(told, BaseException):
                    raise told
                if told != _DONE:
                    yield told
                    continue
                left -= 1
                if waiting:
                    _send(ours, crew[ours], waiting.popleft())
    finally:
        for ours, process in crew.items():
            process.terminate()
            process.join()
            ours.close()


def _send(ours: Connection, process: Any, job: Any) -> None:
    try:
        ours.send(job)
    except OSError as error:
        raise _killed(process) from error


def _killed(process: Any) -> LimitError:
    process.join(1.0)
    return LimitError(
        "a worker process was killed",
        found=f"exit code {process.exitcode}",
        hint="if memory ran out, use fewer workers; then run it again: what is done is kept",
    )


def _member(pipe: Connection, work: Work) -> None:
    begin_worker()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            work(job, pipe.send)
        except Exception as error:
            pipe.send(error)
            return
        pipe.send(_DONE)
