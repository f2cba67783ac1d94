"""How long the demo will take on this machine: a yardstick beforehand, and what the steps took so far.

A short computation of the same kind as the demo's says how fast a core is just now, beside whatever else runs. The share of
each step was measured once (`REFERENCE`); every step that ends corrects what is expected of the rest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

YARDSTICK_S = 0.71
"""Seconds of `yardstick` on the machine on which `REFERENCE` was measured, at rest."""

TOO_SHORT_S = 0.5
"""Steps that are expected to take less tell nothing of the machine."""

MATRIX, LOOPS = 700, 10_000_000


@dataclass(frozen=True)
class Cost:
    """Seconds of a step on the reference machine: fixed, and for each minute recorded. spread: over its worker processes."""

    fixed: float
    per_minute: float
    spread: bool = False


REFERENCE: dict[str, Cost] = {
    "simulate": Cost(4.0, 55.0, spread=True),
    "inspect": Cost(0.1, 0.0),
    "features": Cost(1.0, 3.0, spread=True),
    "measure": Cost(10.0, 5.0),
    "report": Cost(2.0, 0.0),
    "prepare": Cost(1.0, 4.5, spread=True),
    "pretrain": Cost(7.0, 0.0),
    "evaluate": Cost(40.0, 29.0),
}
"""Two cores, 160 pixels. To that of training comes the time that it is told to last."""


def yardstick() -> float:
    """Seconds for some matrix products and some plain Python, about equal parts."""
    draw = np.random.default_rng(0).normal(size=(MATRIX, MATRIX))
    started = time.perf_counter()
    for _ in range(60):
        draw = np.tanh(draw @ draw.T / MATRIX)
    total = 0
    for k in range(LOOPS):
        total += k & 7
    return time.perf_counter() - started


@dataclass
class Forecast:
    """What is expected of each step, in seconds.

    Args:
        minutes: recorded in all. workers: processes. training: seconds. pace: seconds of a step on this machine for each
            on the reference machine.
    """

    minutes: float
    workers: int
    training: float
    pace: float
    started: float = field(default_factory=time.monotonic)
    took: dict[str, float] = field(default_factory=dict)
    _step: str = ""
    _since: float = 0.0

    def begin(self, step: str) -> None:
        """A step begins, the one before has ended."""
        now = time.monotonic()
        if self._step:
            self.took[self._step] = now - self._since
        self._step, self._since = step, now

    def total(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.started

    def expected(self, step: str) -> float:
        """Seconds of a step, by the yardstick alone."""
        cost = REFERENCE[step]
        workers = self.workers if cost.spread else 1
        given = self.training if step == "pretrain" else 0.0
        return given + self.pace * (cost.fixed + cost.per_minute * self.minutes / workers)

    def correction(self) -> float:
        """What the steps so far took, over what was expected of them; steps that were there already say nothing."""
        told = [
            step
            for step, seconds in self.took.items()
            if step != "pretrain" and self.expected(step) > TOO_SHORT_S and seconds > 0.2 * self.expected(step)
        ]
        expected = sum(self.expected(step) for step in told)
        return sum(self.took[step] for step in told) / expected if expected else 1.0

    def left(self) -> float:
        """Seconds from the beginning of the present step to the end of the demo."""
        factor = self.correction()
        waiting = [step for step in REFERENCE if step not in self.took]
        return sum(self.expected(step) * (1.0 if step == "pretrain" else factor) for step in waiting)


def spoken(seconds: float) -> str:
    """A duration in words: "40 s", "3 min 20 s"."""
    whole = max(5, 5 * round(seconds / 5))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
