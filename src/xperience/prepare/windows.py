"""Windows over a recording's frames, with the label that rules each of them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from xperience import storage
from xperience.episode.labels import FrameLabels
from xperience.errors import FormatError, MissingError, UsageError

FRAMES, STRIDE = 20, 5
"""Frames of a window and frames from one window's start to the next in the published suite."""

SCALES = ((20, 10), (40, 20), (80, 40))
"""(frames, stride) of the published multi-scale export."""

MIN_FRACTION = 0.6
"""Least share of a window's labelled frames that its label must cover."""


@dataclass(frozen=True)
class WindowTable:
    """Windows of one recording, one entry each, in time order.

    Attributes:
        window_index: [W] int, from 0.
        start_frame, end_frame: [W] int, first and last frame (inclusive).
        center_frame: [W] int, (start + end) // 2.
        action_label, subtask_label: [W] object arrays of str; "" where no label covers enough of the window.
        action_fraction, subtask_fraction: [W] float64, share of the labelled frames under the most frequent label
            (kept where it is too small for a label); 0 where no frame is labelled.
    """

    window_index: np.ndarray
    start_frame: np.ndarray
    end_frame: np.ndarray
    center_frame: np.ndarray
    action_label: np.ndarray
    action_fraction: np.ndarray
    subtask_label: np.ndarray
    subtask_fraction: np.ndarray

    def __len__(self) -> int:
        return len(self.window_index)

    @property
    def frames(self) -> int:
        """Frames of a window; 0 where there is no window."""
        return int(self.end_frame[0] - self.start_frame[0]) + 1 if len(self) else 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """The windows as plain Python values under the column names."""
        columns = {field.name: getattr(self, field.name).tolist() for field in fields(self)}
        for values in zip(*columns.values(), strict=True):
            yield dict(zip(columns, values, strict=True))

    def write(self, path: Path | str) -> None:
        """Writes the table as CSV."""
        storage.write_csv(path, self.rows(), COLUMNS)


COLUMNS = tuple(field.name for field in fields(WindowTable))
"""Columns of windows.csv, in order."""


def starts(num_frames: int, frames: int = FRAMES, stride: int = STRIDE) -> np.ndarray:
    """[W] first frames of all full windows; empty where the recording is shorter than one window.

    Raises:
        UsageError: frames or stride is below 1.
    """
    if frames < 1 or stride < 1:
        raise UsageError(
            "not a window", field="--frames / --stride", found=f"{frames}/{stride}", expected="two whole numbers from 1"
        )
    return np.arange(0, max(0, num_frames - frames + 1), stride, dtype=np.int64)


def windows(labels: FrameLabels, frames: int = FRAMES, stride: int = STRIDE) -> WindowTable:
    """All full windows over the labelled frames of one recording.

    Raises:
        UsageError: frames or stride is below 1.
    """
    first = starts(len(labels), frames, stride)
    last = first + frames - 1
    action = [majority(labels.action[k : k + frames]) for k in first]
    subtask = [majority(labels.subtask[k : k + frames]) for k in first]
    return WindowTable(
        np.arange(len(first)),
        first,
        last,
        (first + last) // 2,
        np.array([label for label, _ in action], object),
        np.array([fraction for _, fraction in action], np.float64),
        np.array([label for label, _ in subtask], object),
        np.array([fraction for _, fraction in subtask], np.float64),
    )


def majority(labels: Sequence[str] | np.ndarray) -> tuple[str, float]:
    """The label that rules a window and its share of the labelled frames.

    The most frequent non-empty label, the first of equals; "" where it covers less than MIN_FRACTION of the labelled
    frames (the share is given all the same).
    """
    counts = Counter(label for label in labels if label)
    if not counts:
        return "", 0.0
    label, count = counts.most_common(1)[0]
    fraction = count / counts.total()
    return (label if fraction >= MIN_FRACTION else ""), fraction


def read_windows(path: Path | str) -> WindowTable:
    """A table as `WindowTable.write` writes it.

    Raises:
        MissingError: no such file.
        FormatError: other columns, or a value that is not a number where one belongs.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingError("no windows table", file=path, hint="make it with `xperience windows`")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise FormatError(
                "windows table has other columns", file=path, found=reader.fieldnames, expected=", ".join(COLUMNS)
            )
        rows = list(reader)
    kinds = {name: object if name.endswith("label") else np.int64 for name in COLUMNS}
    kinds |= {name: np.float64 for name in COLUMNS if name.endswith("fraction")}
    try:
        return WindowTable(**{name: np.array([row[name] for row in rows], kinds[name]) for name in COLUMNS})
    except (TypeError, ValueError) as error:
        raise FormatError("windows table holds something that is not a number", file=path, found=str(error)) from error
