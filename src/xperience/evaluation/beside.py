"""Work in a process of its own beside what goes on here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from xperience import threads
from xperience.processes import begin_worker, result_of, worker_context


@contextmanager
def beside(call: Callable[..., Any], *arguments: Any) -> Iterator[Callable[[], None]]:
    """Starts `call(*arguments)` in a process of one thread; gives a function that waits for it.

    What it makes is kept on disk: the process that is killed, as where memory is short, has only done less, and whoever asks
    for the rest does it himself. What it raises is raised where it is waited for. It ends with the context.
    """
    pool = ProcessPoolExecutor(1, worker_context("spawn"), begin_worker, (os.getpid(),))
    try:
        future = pool.submit(call, *arguments)

        def wait() -> None:
            try:
                result_of(pool, future)
            except BrokenProcessPool:
                return

        with threads.reserved(1):
            yield wait
    finally:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)
