"""Windows near a label change: classification metrics and boundary F1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics import boundaries
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.columns import TRANSITION
from xperience.benchmark.scoring.files import read_table, whole_numbers
from xperience.benchmark.scoring.labels import Labels, label_metrics, read_labels, train_metrics
from xperience.errors import FormatError

POSITIVE, NEGATIVE = "transition", "steady"
UNKNOWN = "unknown"
"""A third class where a run's export has no label, or a model names none."""

SIBLING = "true_boundaries.csv"


def score(task: str, file: Path, extras: Extras) -> Scored:
    """True boundaries come from the option, else from true_boundaries.csv beside the file, else from the labels.

    From the labels only where no boundary can lie between two windows; boundary metrics need centre frames, or first
    and last ones.
    """
    labels = read_labels(file, task, (TRANSITION, POSITIVE, NEGATIVE), extras.split)
    foreign = sorted({*labels.true, *labels.predicted} - {POSITIVE, NEGATIVE, UNKNOWN})
    if foreign:
        raise FormatError(
            "an unknown label", file=file, found=foreign[0][:80], expected=f"{POSITIVE} or {NEGATIVE}, yes or no"
        )
    scored = label_metrics(labels)
    path = extras.boundaries or (file.parent / SIBLING if (file.parent / SIBLING).is_file() else None)
    known = read_boundaries(path, bool(labels.episode[0])) if path is not None else None
    if labels.center is None:
        scored.notes.append("boundary metrics need a column center_frame, or start_frame and end_frame")
        return scored
    metrics, note = span_metrics(labels, known)
    scored.metrics |= metrics
    scored.notes += [note] if note else []
    if extras.windows is not None and known is not None:
        table = read_table(extras.windows, ("window_index", "center_frame"))
        window, center = (whole_numbers(extras.windows, name, values) for name, values in table.items())
        scored.metrics |= train_metrics(labels, window, transition_labels(center, np.array(known.get("", []))))
    return scored


def transition_labels(center: np.ndarray, true: np.ndarray, tolerance: int = boundaries.TOLERANCE_FRAMES) -> list[str]:
    """Label of each window from its centre [W] and the true boundaries [B]."""
    near = (np.abs(center[:, None] - true[None, :]) <= tolerance).any(axis=1)
    return [POSITIVE if value else NEGATIVE for value in near]


def read_boundaries(path: Path, several: bool) -> dict[str, list[int]]:
    """Frames of the true boundaries by episode id; under "" in a file of one episode."""
    table = read_table(path, ("frame", "episode_id") if several else ("frame",))
    result: dict[str, list[int]] = {}
    frames = whole_numbers(path, "frame", table["frame"]).tolist()
    for episode, frame in zip(table.get("episode_id", [""] * len(frames)), frames, strict=True):
        result.setdefault(episode, []).append(frame)
    return result


def span_metrics(labels: Labels, known: Mapping[str, list[int]] | None) -> tuple[dict[str, Any], str]:
    """Boundary metrics over all episodes of the file, and a note on where the boundaries came from."""
    assert labels.center is not None
    distances: list[int] = []
    num_true = num_predicted = 0
    for episode in dict.fromkeys(labels.episode):
        rows = np.array([k for k, e in enumerate(labels.episode) if e == episode])
        rows = rows[np.argsort(labels.center[rows], kind="stable")]
        center = labels.center[rows]
        called = [int(c) for c, k in zip(center, rows, strict=True) if labels.predicted[k] == POSITIVE]
        if known is not None:
            true = boundaries.inside(known.get(episode, []), center.tolist())
        elif (np.diff(center) > 2 * boundaries.TOLERANCE_FRAMES).any():
            return {}, "the windows lie too far apart to tell the true boundaries: boundary metrics need --boundaries"
        else:
            ranges = boundaries.from_runs(center.tolist(), [labels.true[k] == POSITIVE for k in rows])
            if ranges is None:
                return {}, "boundary metrics need the true boundaries: give --boundaries true_boundaries.csv"
            true = [(low + high) // 2 for low, high in ranges]
        distances += boundaries.match(true, called)
        num_true, num_predicted = num_true + len(true), num_predicted + len(called)
    metrics: dict[str, Any] = boundaries.boundary_metrics(distances, num_true, num_predicted)
    if known is not None:
        return metrics, ""
    del metrics["mean_abs_timing_error_frames"]
    return metrics, "true boundaries were inferred from the true labels; the timing error needs --boundaries"
