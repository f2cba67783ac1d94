"""Signals end a command with one sentence, workers leave them to it, and half a message is waited for by nobody."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from xperience.errors import LimitError
from xperience.processes import GOES_ON, INTERRUPTED, STOPPED, begin_worker, result_of, worker_context
from xperience.quality import crew
from xperience.simulate.workers import work_through

BEGIN = struct.pack("!i", 2**20)
"""How a message of 1 MiB begins on a pipe of multiprocessing."""


def _half(fd: int) -> None:
    """Dies as a process does that is killed while it writes."""
    os.write(fd, BEGIN + b"x" * 100)
    os.kill(os.getpid(), signal.SIGKILL)


def _write_half(job: int, tell: Callable[[int], None]) -> None:
    if job == 2:
        _half(tell.__self__.fileno())  # type: ignore[attr-defined]
    tell(job)


def test_half_a_message_of_a_simulating_process_is_an_error_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(LimitError, match="worker process was killed"):
        list(work_through([1, 2, 3, 4], _write_half, 2))
    assert time.monotonic() - begun < 20


def _tell(job: int, tell: Callable[[int], None]) -> None:
    tell(job)
    if job == 3:
        raise ValueError("three")


def test_jobs_of_a_crew_are_all_done_and_errors_come_through() -> None:
    assert sorted(work_through([1, 2, 4, 5], _tell, 2)) == [1, 2, 4, 5]
    assert list(work_through([], _tell, 2)) == []
    with pytest.raises(ValueError, match="three"):
        list(work_through([3], _tell, 1))


def _pipe_of(pool: Any) -> int:
    return int(pool._result_queue._writer.fileno())


def _busy() -> None:
    time.sleep(60)


@pytest.mark.timeout(25, method="signal")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_half_a_message_of_a_pools_worker_breaks_the_pool_within_seconds(method: Any) -> None:
    pool = ProcessPoolExecutor(2, mp_context=worker_context(method), initializer=begin_worker)
    pool.submit(int).result()
    waiting = [pool.submit(_busy), pool.submit(_busy)]
    while sum(worker.is_alive() for worker in pool._processes.values()) < 2:
        time.sleep(0.05)
    os.write(_pipe_of(pool), BEGIN)
    os.kill(next(iter(pool._processes)), signal.SIGKILL)
    begun = time.monotonic()
    workers, writer = list(pool._processes.values()), pool._result_queue._writer  # type: ignore[attr-defined]
    try:
        with pytest.raises(BrokenProcessPool):
            result_of(pool, waiting[0])
        assert time.monotonic() - begun < 10
    finally:  # whatever came out: nothing may keep this process from ending
        for worker in workers:
            worker.kill()
        writer.close()
        pool.shutdown(cancel_futures=True)


def test_features_are_made_again_after_half_a_message(episode_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No recording is blamed: the blocks that were under way are done once more."""
    from xperience.episode import Episode
    from xperience.prepare import pool as module
    from xperience.prepare.extraction import extract

    made: list[Any] = []
    submit = module._Processes.submit

    def planting(self: Any, call: Any, *words: Any) -> Any:
        future = submit(self, call, *words)
        if call is module._work and not made:
            made.append(self)
            os.write(_pipe_of(self), BEGIN)
            os.kill(next(iter(self._processes)), signal.SIGKILL)
        return future

    monkeypatch.setattr(module._Processes, "submit", planting)
    with Episode.open(episode_path) as episode:
        table = extract(episode, workers=2, show=False)
    assert made and all(table.present.values()) and not table.problems


def _say_half(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_crews_process_that_is_killed_is_named(tmp_path: Path) -> None:
    ((path, trouble),) = crew.work_through({tmp_path: ()}, _say_half, 1, "xperience.errors")
    assert path == tmp_path and "SIGKILL" in trouble


CHILD = """
    import os, signal, sys, time
    from xperience.processes import begin_worker, worker_context

    def work(method):
        begin_worker()
        print(method, flush=True)
        time.sleep(60)

    if __name__ == "__main__":
        from xperience.processes import begin_command, watch_signals
        from xperience.storage import replacing
        watch_signals()
        crew = [worker_context(m).Process(target=work, args=(m,), daemon=True) for m in ("fork", "spawn", "forkserver")]
        for one in crew:
            one.start()
        queue = worker_context("spawn").Queue()
        begin_command(sys.argv[1] == "goes on")
        with replacing(sys.argv[2]) as temporary:
            temporary.write_text("half")
            time.sleep(60)
"""


@pytest.mark.parametrize(("goes_on", "number"), [(True, signal.SIGINT), (False, signal.SIGINT), (True, signal.SIGTERM)])
def test_a_signal_to_all_processes_ends_them_with_one_sentence(tmp_path: Path, goes_on: bool, number: int) -> None:
    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(CHILD))
    process = subprocess.Popen(
        [sys.executable, str(script), "goes on" if goes_on else "", str(tmp_path / "result")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    started = {process.stdout.readline().strip() for _ in range(3)}
    assert started == {"fork", "spawn", "forkserver"}
    while not list(tmp_path.glob(".result.*")):
        time.sleep(0.02)
    os.killpg(process.pid, number)
    _, text = process.communicate(timeout=30)
    assert process.returncode == (STOPPED if goes_on else INTERRUPTED)
    assert text.strip() == (GOES_ON if goes_on else "interrupted")
    assert [path.name for path in tmp_path.iterdir()] == ["child.py"], "what was half written is gone"


@pytest.mark.parametrize("after_s", [0.15, 0.6])
def test_a_command_that_is_stopped_while_it_starts_says_so(after_s: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "xperience", "doctor"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGINT)
    _, text = process.communicate(timeout=30)
    assert process.returncode in (0, INTERRUPTED) and "Traceback" not in text
