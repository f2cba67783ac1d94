"""Work beside: it is waited for, its errors arrive, one that is killed is no error, none is left behind."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from xperience import threads
from xperience.errors import MissingError
from xperience.evaluation.beside import beside


def write(path: Path) -> None:
    path.write_text(str(os.getpid()))


def fail() -> None:
    raise MissingError("nothing there")


def sleep(path: Path) -> None:
    write(path)
    time.sleep(60)


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_it_makes_is_there_after_waiting(tmp_path: Path) -> None:
    with beside(write, tmp_path / "made") as wait:
        wait()
        assert (tmp_path / "made").read_text() != str(os.getpid())


def test_errors_arrive_and_a_killed_process_is_none() -> None:
    with beside(fail) as wait, pytest.raises(MissingError, match="nothing there"):
        wait()
    with beside(end) as wait:
        wait()


def test_it_ends_with_the_context(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), beside(sleep, tmp_path / "made"):
        while not (tmp_path / "made").is_file() or not (tmp_path / "made").read_text():
            time.sleep(0.02)
        raise RuntimeError
    number = int((tmp_path / "made").read_text())
    for _ in range(50):
        if not Path(f"/proc/{number}").exists():
            return
        time.sleep(0.1)
    pytest.fail("the process is still there")


def test_a_processor_is_left_to_it() -> None:
    policy = threads.Policy(count=lambda: 4)
    policy.reserved = 1
    looks = iter([threads.Usage(0.0, 0.0, 0.0), threads.Usage(10.0, 10.0, 10.0)])
    policy._look = lambda: next(looks)
    assert policy.adapt() == 3
