"""Differences of what was recognised, paired over the same trials: what pretraining adds, and one run against another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xperience.errors import UsageError

RESAMPLES = 5000

Right = Mapping[tuple[str, str], Sequence[np.ndarray]]
"""By kind of row and input, for each seed [n] whether each trial was recognised."""


def interval(differences: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of differences [n], trials drawn with replacement."""
    draws = np.random.default_rng(seed).integers(len(differences), size=(RESAMPLES, len(differences)))
    low, high = np.percentile(differences[draws].mean(1), [2.5, 97.5])
    return float(low), float(high)


def paired(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Mean and interval of ours less theirs, both [seeds, n] of the same trials; seeds are averaged first."""
    difference = ours.mean(0) - theirs.mean(0)
    low, high = interval(difference)
    return {"difference": float(difference.mean()), "low": low, "high": high}


def added(right: Right) -> dict[str, dict[str, float]]:
    """What pretraining alone adds, by input: the frozen model less the same model with weights never trained, under the same
    probe. Prints it."""
    found = {
        name: paired(np.array(rows), np.array(right["drawn", name]))
        for (kind, name), rows in right.items()
        if kind == "frozen"
    }
    print(f"\n{'pretraining alone adds':<24}{'frozen less drawn, 95 %':>31}")
    for name, figures in found.items():
        _print(name, figures)
    return found


def by_trial(right: Right, names: Sequence[str]) -> dict[str, Any]:
    """What another run can be compared with: the trials, and for each row the share of seeds that recognised each."""
    rows = {f"{kind} {name}": np.mean(rows, 0).round(6).tolist() for (kind, name), rows in right.items()}
    return {"names": list(names), "rows": rows}


def against(other: Path, mine: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Each row of this run less that of another one, on the same trials. Prints it.

    Args:
        other: what it wrote with --out. mine: of `by_trial`.

    Raises:
        UsageError: it holds no trials, or others.
    """
    try:
        kept = json.loads(other.read_text("utf-8"))["utd"]["trials"]
        order, rows = {name: k for k, name in enumerate(kept["names"])}, kept["rows"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("not the numbers of a run on trials", file=other, expected="what --out wrote") from error
    if set(order) != set(mine["names"]):
        raise UsageError("the other run judged other trials", file=other, found=len(order), expected=len(mine["names"]))
    places = [order[name] for name in mine["names"]]
    found = {
        name: paired(np.array([values]), np.array([rows[name]])[:, places])
        for name, values in mine["rows"].items()
        if name in rows
    }
    print(f"\n{'against ' + other.name:<24}{'this less that, 95 %':>31}")
    for name, figures in found.items():
        _print(name, figures)
    return found


def _print(name: str, figures: Mapping[str, float]) -> None:
    told = f"{figures['difference']:+.3f} ({figures['low']:+.3f} to {figures['high']:+.3f})"
    print(f"{name:<24}{told:>31}", flush=True)
