"""One process an episode: what a damaged file does to a decoder stays there, and is known by name."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from xperience.errors import MachineError, XperienceError, let_through
from xperience.processes import begin_worker, worker_context

LONGEST_S = 3600.0
"""Seconds after which an episode is given up; a recording of real length takes a few minutes."""

KILLED = "the process that looked into it was killed"
"""How the reason begins where a process ended from outside: it says nothing about the recording."""

_POLL_S = 2.0


def work_through(
    jobs: dict[Path, tuple[Any, ...]],
    work: Callable[..., None],
    workers: int,
    preload: str,
    longest_s: float = LONGEST_S,
) -> Iterator[tuple[Path, str]]:
    """Calls work(path, *arguments) for each job in a process of its own; yields (path, "" or why it was not finished).

    Args:
        work: importable by name. preload: module that the processes start with.
        longest_s: seconds after which a job is given up.

    Raises:
        XperienceError: raised by `work`; the other processes are stopped then, as they are when this is dropped.
    """
    # Processes of a server without threads: quick to start, and safe beside the progress bar's thread.
    context = worker_context("forkserver")
    context.set_forkserver_preload([preload])
    waiting = list(jobs.items())[::-1]
    running: dict[int, tuple[Path, BaseProcess, Connection, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                path, arguments = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process: BaseProcess = context.Process(
                    target=_member, args=(theirs, work, path, *arguments), daemon=True
                )
                process.start()
                theirs.close()
                running[process.sentinel] = path, process, ours, time.monotonic()
            for sentinel in [s for s in wait(list(running), _POLL_S) if isinstance(s, int)]:
                path, process, ours, _ = running.pop(sentinel)
                yield path, _outcome(process, ours)
            for sentinel, (path, process, ours, start) in list(running.items()):
                if time.monotonic() - start > longest_s:
                    process.kill()
                    del running[sentinel]
                    _outcome(process, ours)
                    yield path, f"not finished within {longest_s:.0f} s"
    finally:
        for _, process, _, _ in running.values():
            process.terminate()
            process.join()


def _outcome(process: BaseProcess, ours: Connection) -> str:
    process.join()
    with ours:
        try:
            error = ours.recv() if ours.poll() else None
        except EOFError:
            error = None
    if error is not None:
        raise error
    if process.exitcode == 0:
        return ""
    code = process.exitcode or 0
    if -code in (signal.SIGKILL, signal.SIGTERM):
        return f"{KILLED} ({signal.Signals(-code).name}): memory ran out, or somebody ended it"
    cause = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    return f"the process that looked into it died ({cause}): memory ran out, or a decoder stumbled over a damaged file"


def _member(pipe: Connection, work: Callable[..., None], path: Path, *arguments: Any) -> None:
    begin_worker()  # the server of processes, which goes with the run
    try:
        work(path, *arguments)
    except XperienceError as error:
        pipe.send(error)
    except Exception as error:
        try:
            let_through(error)
        except MachineError as lacking:
            pipe.send(lacking)
        else:
            raise
