"""Threads follow what is free: a policy on made-up figures, the real figures of this machine, and a number that is kept."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from xperience import threads
from xperience.threads import LOOK_S, PATIENCE, Policy, Usage


class Machine:
    """A machine of `count` processors on which others use `others` of them and this family `own`."""

    def __init__(self, count: int) -> None:
        self.count, self.others, self.own = count, 0.0, 0.0
        self.now = Usage(0.0, 0.0, 0.0)

    def pass_time(self, seconds: float) -> None:
        now = self.now
        used = (self.others + self.own) * seconds
        self.now = Usage(now.at + seconds, now.all + used, now.own + self.own * seconds)

    def look(self) -> Usage:
        return self.now


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(2)
    monkeypatch.setattr(threads.time, "sleep", made.pass_time)
    monkeypatch.setattr(threads.time, "monotonic", lambda: made.now.at)
    return made


def policy(machine: Machine) -> Policy:
    return Policy(machine.look, lambda: machine.count)


@pytest.mark.parametrize(
    ("count", "others", "number"),
    [(2, 0.0, 2), (2, 0.3, 2), (2, 0.5, 1), (2, 1.0, 1), (2, 2.0, 1), (16, 4.0, 12), (16, 40.0, 1), (1, 0.0, 1)],
)
def test_the_first_look_takes_what_others_leave(machine: Machine, count: int, others: float, number: int) -> None:
    machine.count, machine.others, machine.own = count, others, 5.0
    assert policy(machine).adapt() == number


def test_fewer_at_once_and_more_only_after_some_looks(machine: Machine) -> None:
    one = policy(machine)
    assert one.adapt() == 2
    machine.others, machine.own = 1.0, 1.0
    machine.pass_time(LOOK_S / 2)
    assert one.adapt() == 2, "looked too early"
    machine.pass_time(LOOK_S)
    assert one.adapt() == 1
    machine.others = 0.0
    seen = []
    for _ in range(PATIENCE + 1):
        machine.pass_time(LOOK_S)
        seen.append(one.adapt())
    assert seen == [1] * (PATIENCE - 1) + [2, 2] and one.changes == 2


def test_what_the_own_family_uses_is_free(machine: Machine) -> None:
    one = policy(machine)
    one.adapt()
    machine.own = 2.0
    machine.pass_time(LOOK_S)
    assert one.adapt() == 2


def test_a_fixed_number_stays(machine: Machine) -> None:
    one = policy(machine)
    one.fix(7)
    machine.others = 2.0
    machine.pass_time(LOOK_S)
    assert one.adapt() == 7


def test_a_system_that_says_nothing_gives_all_processors() -> None:
    assert Policy(lambda: None, lambda: 3).adapt() == 3


@pytest.mark.parametrize(("text", "quota"), [("max 100000", None), ("150000 100000", 1.5), ("nonsense", None)])
def test_the_quota_of_a_control_group(tmp_path: Path, text: str, quota: float | None) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert threads._quota(tmp_path / "cpu.max") == quota


def _spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@pytest.fixture
def child() -> Iterator[multiprocessing.Process]:
    process = multiprocessing.get_context("spawn").Process(target=_spin, args=(30.0,))
    process.start()
    yield process
    process.kill()
    process.join()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_time_of_a_child_counts_as_own(child: multiprocessing.Process) -> None:
    before = threads.usage()
    assert before is not None
    for _ in range(100):
        time.sleep(0.1)
        after = threads.usage()
        assert after is not None
        if after.own - before.own > 0.5:
            break
    assert after.own - before.own > 0.5
    assert after.all - before.all >= after.own - before.own - 0.1


def test_a_number_given_is_kept_by_the_libraries_and_by_children() -> None:
    code = (
        "import numpy, torch, subprocess, sys, os; from threadpoolctl import threadpool_info; from xperience import threads;"
        "threads.fix(3); threads.adapt();"
        "assert torch.get_num_threads() == 3 and {i['num_threads'] for i in threadpool_info()} == {3}, threadpool_info();"
        "inner = 'from xperience import threads; print(threads.adapt(), threads.fixed())';"
        "print(subprocess.run([sys.executable, '-c', inner], capture_output=True, text=True).stdout.strip())"
    )
    environment = {name: value for name, value in os.environ.items() if name != threads.ENVIRONMENT}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == "3 3", done.stderr[-2000:]


def test_workers_have_one_thread_each() -> None:
    with multiprocessing.get_context("spawn").Pool(1, initializer=_begin) as pool:
        assert pool.apply(threads.fixed) == 1


def _begin() -> None:
    from xperience.processes import begin_worker

    begin_worker()
