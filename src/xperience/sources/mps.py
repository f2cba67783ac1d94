"""The pose that Aria's machine perception service (MPS) computes, as it leaves it beside a recording."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from xperience.episode import geometry
from xperience.errors import FormatError, LimitError

MAX_SAMPLES = 20_000_000
"""Five hours at the trajectory's 1,000 a second."""


def read_trajectory(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(times [n] ns of the device clock, T_world_device [n, 4, 4]) of an MPS closed-loop trajectory; gravity along -z.

    Raises:
        FormatError: columns are missing or not numbers, or it is empty.
        LimitError: absurdly long.
    """
    names = ["tracking_timestamp_us", *(f"t{axis}_world_device" for axis in "xyz")]
    names += [f"q{axis}_world_device" for axis in "wxyz"]
    rows: list[list[float]] = []
    times: list[int] = []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = sorted(set(names) - set(reader.fieldnames or ()))
        if missing:
            raise FormatError(
                "trajectory lacks columns", file=path, found=reader.fieldnames, expected=", ".join(missing)
            )
        for number, row in enumerate(reader, 2):
            if number > MAX_SAMPLES:
                raise LimitError("trajectory is absurdly long", file=path)
            try:
                times.append(int(row[names[0]]) * 1000)
                rows.append([float(row[name]) for name in names[1:]])
            except (TypeError, ValueError):
                raise FormatError("not a number in the trajectory", file=path, field=f"line {number}") from None
    if not rows or not (np.abs(times) < 2**62).all():
        raise FormatError("trajectory is empty or its times are absurd", file=path)
    order = np.argsort(times, kind="stable")
    values = np.array(rows)[order]
    T_world_device = geometry.transform(geometry.quat_to_matrix(values[:, 3:]), values[:, :3])
    return np.array(times, np.int64)[order], T_world_device
