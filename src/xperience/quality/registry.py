"""Checks, found by being there: every module of `quality.checks` that defines `CHECK`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from xperience.quality import checks
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding


@dataclass(frozen=True)
class Threshold:
    """A number a check compares with.

    Attributes:
        value: the number. unit: its unit. source: where it comes from (a data sheet, a paper, a measurement on tuning
            recordings with their seeds), in one sentence.
    """

    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: unique, such as "video_frozen".
        reads: modalities or files it looks at.
        question: what it answers, for people.
        thresholds: by name.
        run: reads the evidence and returns what is wrong; returns [] where its stream is absent (absence is the
            business of the "files" checks).
    """

    name: str
    reads: tuple[str, ...]
    question: str
    thresholds: dict[str, Threshold]
    run: Callable[[Evidence], list[Finding]]


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, by name."""
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(checks.__path__):
        check = importlib.import_module(f"{checks.__name__}.{module.name}").CHECK
        assert check.name not in found, f"two checks are called {check.name}"
        found[check.name] = check
    return tuple(found[name] for name in sorted(found))
