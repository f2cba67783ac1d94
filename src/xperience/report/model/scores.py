"""The tasks of an evaluation as one table: the model beside linear and MLP heads and what needs no learning."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xperience.evaluation.evidence import evidence_of
from xperience.report.results import METRIC_NAMES, amount
from xperience.report.text import cut
from xperience.scoring.words import Claim, claim

HEADS = ("linear", "mlp")
NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """A score and what stands below it."""

    score: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One task, ready to be shown."""

    name: str
    metric: str
    lower: bool
    model: Cell
    way: str
    heads: tuple[Cell, ...]
    baseline: Cell
    claim: Claim
    saturated: tuple[str, ...]


def is_task(row: Mapping[str, Any]) -> bool:
    """Of the twelve: neither a probe beyond them nor a variant of one."""
    return not row.get("extension") and not row.get("variant_of")


def claim_of(row: Mapping[str, Any]) -> Claim:
    """The word for a row, decided anew from its evidence and not read from the file."""
    earned = claim(evidence_of(row))
    return Claim(earned.word, cut(earned.scope, 120), cut(earned.note), cut(earned.baseline, 60))


def line(row: Mapping[str, Any]) -> Line:
    against = row.get("against") or {}
    span = row.get("interval")
    ways = row.get("test") or {}
    others = tuple(f"{way} {_score(value)}" for way, value in ways.items() if way != row.get("chosen"))
    baseline = best_baseline(row)
    return Line(
        cut(str(row.get("name") or row.get("id")), 80),
        METRIC_NAMES.get(str(row.get("metric")), str(row.get("metric")).replace("_", " ")),
        not row.get("higher_is_better", True),
        Cell(_score(row.get("score"), row), (f"{_score(span[0])} to {_score(span[1])}",) if span else ()),
        cut("; ".join([str(row.get("chosen") or NOTHING), *others]), 200),
        tuple(_head(row, name, against.get(name)) for name in HEADS),
        _trivial(row, *baseline) if baseline else Cell(NOTHING),
        claim_of(row),
        tuple(str(name) for name in row.get("saturated") or ()),
    )


def _head(row: Mapping[str, Any], name: str, apart: Mapping[str, Any] | None) -> Cell:
    """Score of a head; below it the model's lead with its interval."""
    score = (row.get("heads") or {}).get(name)
    if score is None:
        return Cell(NOTHING)
    if not apart:
        return Cell(_score(score, row))
    if apart.get("reason"):
        return Cell(_score(score, row), (cut(str(apart["reason"]), 120),))
    return Cell(_score(score, row), (f"{signed(apart['low'])} to {signed(apart['high'])}",))


def _trivial(row: Mapping[str, Any], name: str, score: float) -> Cell:
    """The best trivial baseline; below it the model's lead with its interval."""
    span = (row.get("differences") or {}).get(name)
    lead = (f"{signed(span[0])} to {signed(span[1])}",) if span else ()
    return Cell(_score(score, row), (cut(name, 60), *lead))


def best_baseline(row: Mapping[str, Any]) -> tuple[str, float] | None:
    known = [(name, value) for name, value in (row.get("baselines") or {}).items() if _finite(value)]
    pick = max if row.get("higher_is_better", True) else min
    return pick(known, key=lambda one: float(one[1])) if known else None


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _score(value: Any, row: Mapping[str, Any] | None = None) -> str:
    return amount(float(value), str(row.get("unit") or "") if row else "") if _finite(value) else NOTHING
