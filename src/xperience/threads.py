"""How many threads arithmetic uses: as many as there are processors free, looked at again while it runs.

A parallel region ends when its slowest thread does. With two threads and one free processor every region waits for the
scheduler, and a step of training that takes 0.6 s alone takes several times as long beside one busy process, now and
then a minute; one thread would take 0.8 s. So the number follows what other processes leave, at the beginning and
between pieces of work (`adapt`). Sums in another number of threads round otherwise: results that must be equal to the
bit fix the number (`fix`, `--threads`, or OMP_NUM_THREADS).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FIRST_LOOK_S = 0.15
"""How long the first look takes."""

LOOK_S = 1.0
"""Least time between looks."""

SPARE = 0.35
"""Share of a processor that others may use before it counts as taken."""

PATIENCE = 3
"""Looks in a row that must find more processors free before threads are added; fewer follow at once."""

ENVIRONMENT = "OMP_NUM_THREADS"
"""Where a fixed number is passed to child processes, and taken from."""


@dataclass(frozen=True)
class Usage:
    """Processor seconds since the machine or the processes began: of all processes, and of this one's family."""

    at: float
    all: float
    own: float


def cores() -> int:
    """Processors that this process may use: those that it may run on, within its control group's quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup/cpu.max"))
    return max(1, min(count, int(quota))) if quota else count


def _quota(file: Path) -> float | None:
    """Processors' worth of time in a period, from a control group's cpu.max."""
    try:
        limit, period = file.read_text("ascii").split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        return None


def usage() -> Usage | None:
    """None where the system does not say."""
    try:
        mine = os.sched_getaffinity(0)
        tick = os.sysconf("SC_CLK_TCK")
        busy = 0
        for line in Path("/proc/stat").read_text("ascii").splitlines():
            name, *times = line.split()
            if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in mine:
                user, nice, system, _, _, irq, soft, *_ = map(int, times)
                busy += user + nice + system + irq + soft
        return Usage(time.monotonic(), busy / tick, _family() / tick)
    except (OSError, ValueError, AttributeError):
        return None


def _family() -> int:
    """Ticks of this process and all below it, those included that have ended and were waited for."""
    times: dict[int, int] = {}
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text("latin-1").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        times[int(folder.name)] = sum(map(int, fields[11:15]))
        below.setdefault(int(fields[1]), []).append(int(folder.name))
    total, queue = 0, [os.getpid()]
    while queue:
        one = queue.pop()
        total += times.get(one, 0)
        queue += below.get(one, [])
    return total


class Policy:
    """The number of threads of this process.

    Attributes:
        number: in force. fixed: whether it stays. changes: how often it was changed since the first look.
        reserved: processors left to processes of our own.
    """

    def __init__(self, look: Callable[[], Usage | None] = usage, count: Callable[[], int] = cores) -> None:
        self._look, self._count = look, count
        self._last: Usage | None = None
        self._more = 0
        self.number, self.fixed, self.changes, self.reserved = 0, False, 0, 0

    def fix(self, number: int) -> None:
        self.number, self.fixed = number, True

    def adapt(self) -> int:
        """The number for the next piece of work; looks at the machine at most once in `LOOK_S`."""
        if self.fixed:
            return self.number
        if self._last is None:
            self._last = self._look()
            if self._last is None:
                self.fix(self._count())
                return self.number
            time.sleep(FIRST_LOOK_S)
            self.number = self._free() or self._count()
        elif time.monotonic() - self._last.at >= LOOK_S:
            free = self._free() or self.number
            self._more = self._more + 1 if free > self.number else 0
            if free < self.number or self._more >= PATIENCE:
                self.number, self._more = free, 0
                self.changes += 1
        return self.number

    def _free(self) -> int | None:
        before, now = self._last, self._look()
        if now is None or before is None or now.at <= before.at:
            return None
        self._last = now
        others = max(0.0, (now.all - before.all) - (now.own - before.own)) / (now.at - before.at)
        count = self._count() - self.reserved
        return max(1, min(count, int(count - others + SPARE)))


_policy = Policy()
_applied: tuple[int, bool, bool, bool] | None = None


def adapt() -> int:
    """Sets the threads of torch and of linear algebra by what is free now; to be called between pieces of work, from the
    thread that computes. Costs a few milliseconds a second at most."""
    if not _policy.fixed and (given := os.environ.get(ENVIRONMENT, "")).isdigit() and int(given) > 0:
        _policy.fix(int(given))
    number = _policy.adapt()
    _apply(number)
    return number


def fix(number: int | None) -> None:
    """Keeps the number for this process and those that it starts; None leaves it free.

    Args:
        number: 1 or more.
    """
    if number is None:
        return
    _policy.fix(number)
    os.environ[ENVIRONMENT] = str(number)
    _apply(number)


@contextmanager
def reserved(processors: int) -> Iterator[None]:
    """In here so many processors are left to worker processes that compute meanwhile."""
    _policy.reserved += processors
    if not _policy.fixed and _policy.number:
        _policy.number = max(1, _policy.number - processors)
        _apply(_policy.number)
    try:
        yield
    finally:
        _policy.reserved -= processors


def fixed() -> int | None:
    """The number that was fixed, or None where it follows what is free."""
    return _policy.number if _policy.fixed else None


def record() -> dict[str, int | bool]:
    """What stands in a run's record: the number in force, whether it was fixed, and how often it was changed."""
    return {"threads": _policy.number or cores(), "fixed": _policy.fixed, "changes": _policy.changes}


def one_thread() -> None:
    """For worker processes, of which there are as many as processors."""
    fix(1)


def _apply(number: int) -> None:
    """Tells the libraries that are loaded; those that come later are told at the next call."""
    global _applied
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads") and torch.get_num_threads() != number:
        torch.set_num_threads(number)
    key = (number, "torch" in sys.modules, "scipy" in sys.modules, "sklearn" in sys.modules)
    if key != _applied:
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=number)
        _applied = key
