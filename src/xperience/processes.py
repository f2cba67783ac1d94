"""Signals and worker processes: how a command is stopped, and what every worker does.

Whatever a command writes is either whole or not there (see `storage`), so a signal may end it anywhere: nothing is unwound
and nothing can be raised in the wrong place. Temporary files are removed, one sentence is said, and the status tells a
scheduler that the same command goes on. A training saves first and has handlers of its own (`pretrain.trainer`).

SIGINT at a terminal reaches all processes of a command. Workers leave it to the command and end when it has gone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing import context, forkserver, resource_tracker
from types import TracebackType
from typing import Any, Literal

from xperience import threads

STOPPED, INTERRUPTED = 75, 130
"""Exit status of a command that goes on when it is called again (EX_TEMPFAIL of sysexits.h), and of any other."""

GOES_ON = "stopped; the same command goes on"
LOOK_S = 0.5

_command: dict[str, bool] = {"goes_on": False}


def watch_signals() -> None:
    """From here on SIGINT and SIGTERM end this process with a sentence and no traceback; to be called first of all."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def hush_hdf5() -> None:
    """HDF5 that cannot write a file out says so once for every object of it that is let go, each time with two tracebacks that
    nobody can catch; the command says it once, in its own words (see `storage.replacing`)."""
    shown, ignored = sys.excepthook, sys.unraisablehook
    noise = "Can't decrement id ref count (file write failed"

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not str(error).startswith(noise):
            shown(kind, error, trace)

    def ignore(told: sys.UnraisableHookArgs) -> None:
        if not str(told.exc_value).startswith(noise):
            ignored(told)

    sys.excepthook, sys.unraisablehook = show, ignore


def begin_command(goes_on: bool) -> None:
    """A command begins to work. goes_on: whether what it has done is kept and the same command goes on."""
    _command["goes_on"] = goes_on


def ignore_signals() -> None:
    """All is done: a signal that comes while Python itself ends changes nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: object) -> None:
    ignore_signals()
    for worker in multiprocessing.active_children():
        worker.kill()  # what it has half written is swept up by the next call
    storage = sys.modules.get("xperience.storage")
    if storage is not None:
        storage.clean_up()
    _release_semaphores()
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        ray.shutdown()
    goes_on = _command["goes_on"]
    cursor = "\x1b[?25h" if sys.stderr is not None and sys.stderr.isatty() else ""  # a progress bar hides it
    os.write(2, f"{cursor}{GOES_ON if goes_on else 'interrupted'}\n".encode())
    os._exit(STOPPED if goes_on else INTERRUPTED)


def _release_semaphores() -> None:
    """Those of pools and queues; otherwise Python's tracker of resources would release them, with a warning on the screen."""
    from multiprocessing import synchronize, util

    for finalizer in list(getattr(util, "_finalizer_registry", {}).values()):
        if getattr(finalizer, "_callback", None) is getattr(synchronize.SemLock, "_cleanup", finalizer):
            finalizer()


@contextmanager
def _deaf(tracked: bool = True) -> Iterator[None]:
    """A process that is started in here never hears SIGINT, from its first instruction on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    if tracked:
        resource_tracker.ensure_running()  # which the start would do, and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Fork(context.ForkProcess):
    def start(self) -> None:
        with _deaf(tracked=False):
            super().start()


class _Spawn(context.SpawnProcess):
    def start(self) -> None:
        with _deaf():
            super().start()


class _ForkServer(context.ForkServerProcess):
    def start(self) -> None:
        with _deaf():  # and so the server, which is started with the first process
            super().start()


class ForkContext(context.ForkContext):
    Process = _Fork


class SpawnContext(context.SpawnContext):
    Process = _Spawn


class ForkServerContext(context.ForkServerContext):
    Process = _ForkServer


CONTEXTS: dict[str, type[Any]] = {"fork": ForkContext, "spawn": SpawnContext, "forkserver": ForkServerContext}


def worker_context(method: Literal["fork", "spawn", "forkserver"]) -> Any:
    """`multiprocessing.get_context`, whose processes leave SIGINT to the command that started them."""
    multiprocessing.get_context(method)  # says where a system lacks it
    return CONTEXTS[method]()


def result_of(pool: Executor, future: Future[Any]) -> Any:
    """`future.result()`, also where the worker that makes it is killed while it writes.

    Raises:
        BrokenProcessPool: a worker died. Whatever the work raised.
    """
    while True:
        try:
            return future.result(timeout=LOOK_S)
        except TimeoutError:
            if future.done():
                raise
            unblock(pool)


def unblock(pool: Executor) -> None:
    """Breaks a process pool of which a worker has died, if it has not noticed.

    One that is killed while it writes leaves half a message in the pipe, and the pool would wait for the other half for
    ever: it keeps the end that is written to open itself (CPython 3.11 to 3.13). So that end is closed here.
    """
    workers = list((getattr(pool, "_processes", None) or {}).values())
    if any(worker.exitcode is not None for worker in workers):
        for worker in workers:
            worker.kill()
        pool._result_queue._writer.close()  # type: ignore[attr-defined]


def begin_worker(parent: int = 0) -> None:
    """First call of a worker process.

    Args:
        parent: see `end_with_parent`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a forked one has its parent's handler
    hush_hdf5()
    threads.one_thread()
    _let_server_go()
    end_with_parent(parent)


def _let_server_go() -> None:
    """A server of processes ends when nobody holds its pipe any more; its own processes hold it, and would keep it for ever
    while they wait for its end."""
    server: Any = getattr(forkserver, "_forkserver", None)
    held = getattr(server, "_forkserver_alive_fd", None)
    if held is not None:
        os.close(held)
        server._forkserver_alive_fd = None


def end_with_parent(parent: int = 0) -> None:
    """Ends this process soon after its parent has gone, however that went: nobody would take what it makes.

    Args:
        parent: its process number; without, whatever is the parent now.
    """
    threading.Thread(target=_watch, args=(parent or os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)
