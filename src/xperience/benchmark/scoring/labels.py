"""One label a window: actions, sub-tasks, next actions, contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics.classification import classification
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.files import read_table, refuse_duplicates, refuse_empty, whole_numbers

NO_LABEL = ("", "N/A")


@dataclass(frozen=True)
class Labels:
    """Rows of a label file, those without a true label left out.

    Attributes:
        episode: n texts, "" in a file of one episode.
        window: [n] window indices.
        center: [n] centre frames, or None where the file has no such column.
        true, predicted: n labels.
        dropped: rows without a true label.
    """

    episode: list[str]
    window: np.ndarray
    center: np.ndarray | None
    true: list[str]
    predicted: list[str]
    dropped: int


def read_labels(file: Path, columns: Sequence[str] = ()) -> Labels:
    """Reads window_index, true_label, predicted_label and, if asked for or there, center_frame."""
    needed = ("window_index", "true_label", "predicted_label", *columns)
    table = read_table(file, needed, ("episode_id", "center_frame"))
    keep = [k for k, label in enumerate(table["true_label"]) if label.strip() not in NO_LABEL]
    rows = len(table["true_label"])
    refuse_empty(file, len(keep))
    table = {name: [values[k] for k in keep] for name, values in table.items()}
    episode = table.get("episode_id", [""] * len(keep))
    window = whole_numbers(file, "window_index", table["window_index"])
    refuse_duplicates(file, "window_index", list(zip(episode, window.tolist(), strict=True)))
    center = whole_numbers(file, "center_frame", table["center_frame"]) if "center_frame" in table else None
    return Labels(episode, window, center, table["true_label"], table["predicted_label"], rows - len(keep))


def label_metrics(labels: Labels) -> Scored:
    metrics: dict[str, Any] = classification(labels.true, labels.predicted)
    metrics["num_eval_windows"] = metrics["num_test_windows"] = len(labels.true)
    notes = []
    if labels.dropped:
        notes.append(f"{labels.dropped} windows without a true label were left out")
    if len(set(labels.true)) == 1:
        notes.append(f"every window has the label {labels.true[0]!r}: these numbers measure nothing")
    return Scored(metrics, notes)


def train_metrics(labels: Labels, window: np.ndarray, known: Sequence[str]) -> dict[str, Any]:
    """What the labels of all windows add: counts, majority baseline and labels unseen in training.

    Training windows are those before the first test window; majority ties go to the label met first.
    """
    valid = [(int(w), label) for w, label in zip(window, known, strict=True) if label.strip() not in NO_LABEL]
    first = int(labels.window.min())
    train = [label for w, label in valid if w < first]
    metrics: dict[str, Any] = {
        "num_windows": len(valid),
        "num_train_windows": len(train),
        "num_classes": len({label for _, label in valid}),
        "unseen_test_classes": sorted(set(labels.true) - set(train)),
    }
    if train:
        majority = Counter(train).most_common(1)[0][0]
        metrics["majority_baseline_accuracy"] = labels.true.count(majority) / len(labels.true)
    return metrics


def score(file: Path, extras: Extras) -> Scored:
    return label_metrics(read_labels(file))


def score_action(file: Path, extras: Extras) -> Scored:
    return _score_with_windows(file, extras, "action_label")


def score_subtask(file: Path, extras: Extras) -> Scored:
    return _score_with_windows(file, extras, "subtask_label")


def _score_with_windows(file: Path, extras: Extras, column: str) -> Scored:
    labels = read_labels(file)
    scored = label_metrics(labels)
    if extras.windows is not None:
        table = read_table(extras.windows, ("window_index", column))
        window = whole_numbers(extras.windows, "window_index", table["window_index"])
        scored.metrics |= train_metrics(labels, window, table[column])
    return scored
