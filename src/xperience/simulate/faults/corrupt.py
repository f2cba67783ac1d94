"""Puts faults into copies of episodes, and writes down what was done."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import Episode
from xperience.errors import MissingError, UsageError
from xperience.simulate import faults
from xperience.simulate.faults.editor import Editor
from xperience.simulate.faults.fault import Fault, Request
from xperience.storage import digest, replacing, write_json

KEYS = {"episode", "fault", "severity", "modality", "start_s", "end_s"}
LOCAL_SHARE = 0.4
"""Share of the recording that a local fault hits where no times are given."""


@dataclass(frozen=True)
class Order:
    """One line of a fault list: which episode (index in the campaign, or id), which fault, how strong, where and when."""

    episode: int | str
    fault: str
    severity: float
    modality: str | None = None
    start_s: float | None = None
    end_s: float | None = None


def read_spec(file: Path) -> list[Order]:
    """A spec.json: [{episode, fault, severity, modality, start_s, end_s}]; the last three may be left out.

    Raises:
        UsageError: not such a list; says which entry and key.
    """
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError("fault list cannot be read", file=file, found=str(error)[:200]) from error
    if not isinstance(entries, list):
        raise UsageError("fault list is not a list", file=file, expected="[{episode, fault, severity, ...}]")
    orders = []
    for k, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise UsageError("not a fault", file=file, field=f"entry {k}", found=entry)
        unknown = set(entry) - KEYS
        missing = {"episode", "fault", "severity"} - set(entry)
        if unknown or missing:
            raise UsageError(
                "fault list has wrong keys",
                file=file,
                field=f"entry {k}",
                found=sorted(unknown | missing),
                expected=sorted(KEYS),
            )
        if isinstance(entry["episode"], bool) or not isinstance(entry["episode"], int | str):
            expected = "an index or an id"
            raise UsageError("not an episode", file=file, field=f"entry {k}", found=entry["episode"], expected=expected)
        try:
            times = [None if entry.get(key) is None else float(entry[key]) for key in ("start_s", "end_s")]
            order = Order(
                entry["episode"], str(entry["fault"]), float(entry["severity"]), entry.get("modality"), *times
            )
        except (TypeError, ValueError) as error:
            raise UsageError("fault list has a wrong value", file=file, field=f"entry {k}", found=str(error)) from error
        if any(time is not None and np.isnan(time) for time in times):
            raise UsageError("fault list has a wrong value", file=file, field=f"entry {k}", found=entry)
        check(order)
        orders.append(order)
    return orders


def check(order: Order) -> Fault:
    """The fault meant by an order.

    Raises:
        UsageError: no such fault, modality or severity.
    """
    fault = faults.find(order.fault)
    if not 0 <= order.severity <= 1:
        raise UsageError("not a severity", field="severity", found=order.severity, expected="0 to 1")
    start_s, end_s = (np.nan if s is None else s for s in (order.start_s, order.end_s))
    if start_s < 0 or end_s <= max(0.0, np.nan_to_num(start_s)) or np.isinf([start_s, end_s]).any():
        found = (order.start_s, order.end_s)
        raise UsageError("not a stretch of time", field="start_s, end_s", found=found, expected="0 <= start_s < end_s")
    if order.modality is not None and order.modality not in fault.modalities:
        raise UsageError(
            f"{fault.name} cannot hit this modality", field="modality", found=order.modality, expected=fault.modalities
        )
    return fault


def corrupt(source: Path, target: Path, order: Order, *, seed: int = 0, truth: Path | None = None) -> dict[str, Any]:
    """Copies an episode and puts one fault into the copy; the copy is whole or not there.

    Args:
        truth: folder that receives truth.json (beside what it holds already).

    Returns:
        What was done: fault, severity, modality, start_s, end_s, magnitude, unit, seed.

    Raises:
        UsageError, MissingError: the fault cannot be put in there.
    """
    check(order)
    if not source.is_dir():
        raise MissingError("no such episode", file=source, hint="give an episode folder")
    if target.resolve().is_relative_to(source.resolve()):
        raise UsageError("a copy cannot lie in what is copied", file=target, hint="choose another folder")
    with replacing(target) as temporary:
        shutil.copytree(source, temporary)
        done = damage(temporary, order, seed=seed)
    if truth is not None:
        record(truth, done)
    return done


def damage(folder: Path, order: Order, *, seed: int = 0) -> dict[str, Any]:
    """Puts one fault into an episode in place."""
    fault = check(order)
    with Episode.open(folder) as episode:
        times = episode.clock.times_s
    if len(times) < 2:
        raise UsageError("recording is too short to damage", file=folder, found=f"{len(times)} frames")
    key = digest(str(seed), order.fault, f"{order.severity:.6f}", str(order.modality))
    rng = np.random.default_rng(int(key, 16))
    modality = order.modality or fault.modalities[int(rng.integers(len(fault.modalities)))]
    magnitude = fault.magnitude.at(order.severity)
    start, stop = _stretch(fault, order, magnitude, times, rng)
    request = Request(modality, order.severity, magnitude, start, stop, times, rng)
    try:
        fault.apply(Editor(folder), request)
    except KeyError as error:  # h5py: no such dataset
        raise MissingError(
            "the recording has nothing to damage there",
            file=folder,
            field=modality,
            found=str(error.args[0] if error.args else error),
            hint="choose another fault",
        ) from error
    return {
        "fault": fault.name,
        "severity": order.severity,
        "modality": modality,
        "start_s": request.start_s,
        "end_s": request.stop_s,
        "magnitude": magnitude,
        "unit": fault.magnitude.unit,
        "seed": seed,
    }


def _stretch(
    fault: Fault, order: Order, magnitude: float, times: np.ndarray, rng: np.random.Generator
) -> tuple[int, int]:
    """Frames hit: those asked for, else the whole recording, else a stretch within its middle nine tenths."""
    count = len(times)
    if order.start_s is not None or order.end_s is not None:
        start = int(np.searchsorted(times, order.start_s or 0.0))
        stop = count if order.end_s is None else int(np.searchsorted(times, order.end_s))
        if not 0 <= start < stop:
            raise UsageError("no frame in this stretch", field="start_s", found=(order.start_s, order.end_s))
        return min(start, count - 1), min(stop, count)
    if not fault.local:
        return 0, count
    seconds = magnitude if fault.lasting else LOCAL_SHARE * float(times[-1])
    period = float(np.median(np.diff(times)))
    length = int(np.clip(round(seconds / max(period, 1e-6)), 1, int(0.9 * count)))
    first = int(rng.integers(max(1, int(0.05 * count)), max(2, count - length - int(0.05 * count) + 1)))
    return first, min(first + length, count)


def record(truth: Path, done: dict[str, Any]) -> None:
    """Adds a fault to the `faults` of truth.json."""
    file = truth / "truth.json"
    facts = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    write_json(file, {**facts, "faults": [*facts.get("faults", []), done]})
