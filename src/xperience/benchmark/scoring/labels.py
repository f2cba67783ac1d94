"""One label a window: actions, sub-tasks, next actions, contact, and the labels of tasks 13 to 16."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics import retrieval
from xperience.benchmark.metrics.classification import classification
from xperience.benchmark.scoring import Extras, Scored, beside, columns
from xperience.benchmark.scoring.columns import Words
from xperience.benchmark.scoring.files import read_table, refuse_empty, whole_numbers
from xperience.benchmark.scoring.tables import Rows, read_rows

NO_LABEL = ("", "N/A")


@dataclass(frozen=True)
class Labels:
    """Rows of a label file, those without a true label left out.

    Attributes:
        episode: n texts, "" in a file of one episode.
        window: [n] window indices, or None where the file names its windows otherwise.
        center: [n] centre frames, or None where the file has no such column.
        true, predicted: n labels.
        dropped: rows without a true label.
        notes: what a reader must know.
    """

    episode: list[str]
    window: np.ndarray | None
    center: np.ndarray | None
    true: list[str]
    predicted: list[str]
    dropped: int
    notes: list[str] = field(default_factory=list)


def read_labels(file: Path, task: str, words: tuple[Words, str, str] | None = None, split: str | None = None) -> Labels:
    """Reads true and predicted labels and, where they are there, window index and centre frame.

    Args:
        words: of a two-way question: its words, and how the two answers are to be written.
    """
    rows = labelled_rows(file, task, split)
    count = len(rows)
    rows = rows.keep([k for k, label in enumerate(rows.columns["true"]) if label.strip() not in NO_LABEL])
    refuse_empty(file, len(rows))
    true, predicted = rows.columns["true"], rows.columns["predicted"]
    if words is not None:
        true, predicted = (_two_way(values, *words) for values in (true, predicted))
    window = next((name for name in rows.keys if columns.plain(name) == "window_index"), None)
    return Labels(
        rows.episode,
        whole_numbers(file, window, rows.keys[window]) if window is not None else None,
        _center(rows),
        true,
        predicted,
        count - len(rows),
        rows.notes,
    )


def labelled_rows(file: Path, task: str, split: str | None = None) -> Rows:
    """The rows of a file with true and predicted answers of a task."""
    return read_rows(
        file,
        {"true": columns.true_names(task), "predicted": columns.predicted_names(task)},
        {"center": columns.CENTER, "start": columns.START, "end": columns.END, "reciprocal": columns.RECIPROCAL},
        split,
    )


def _two_way(values: Sequence[str], words: Words, yes: str, no: str) -> list[str]:
    """Answers under one name each; other words stay, so that "unknown" remains an answer of its own."""
    return [value if (said := words.read(value)) is None else (yes if said else no) for value in values]


def _center(rows: Rows) -> np.ndarray | None:
    """[n] centre frames, of the column or from first and last frame."""
    if "center" in rows.columns:
        return whole_numbers(rows.path, rows.named["center"], rows.columns["center"])
    if "start" in rows.columns and "end" in rows.columns:
        first, last = (
            whole_numbers(rows.path, rows.named[role], rows.columns[role])
            for role in ("start", "end")
        )  # fmt: skip
        return np.asarray((first + last) // 2)
    return None


def label_metrics(labels: Labels, over_all: Sequence[str] | None = None) -> Scored:
    """The published metrics.

    Args:
        over_all: the label list that macro-F1 averages over; the labels with support where None.
    """
    metrics: dict[str, Any] = classification(labels.true, labels.predicted, over_all=over_all)
    metrics |= dict.fromkeys(("num_eval_windows", "num_test_windows", "num_samples"), len(labels.true))
    metrics |= {"primary_metric": "macro_f1", "primary_score": metrics["macro_f1"]}
    notes = list(labels.notes)
    if labels.dropped:
        notes.append(f"{labels.dropped} windows without a true label were left out")
    if len(set(labels.true)) == 1:
        notes.append(f"every window has the label {labels.true[0]!r}: these numbers measure nothing")
    return Scored(metrics, notes)


def train_metrics(labels: Labels, window: np.ndarray, known: Sequence[str]) -> dict[str, Any]:
    """What the labels of all windows add: counts, majority baseline and labels unseen in training.

    Training windows are those before the first test window; majority ties go to the label met first.
    """
    if labels.window is None:
        return {}
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


WINDOW_LABELS = {"timeline_action": "action_label", "timeline_subtask": "subtask_label"}
"""Columns of windows.csv that hold a task's labels."""

TWO_WAY = {
    "contact_prediction": (columns.CONTACT, "contact", "no_contact"),
    "hand_contact": (columns.CONTACT, "contact", "no_contact"),
    "motion_intensity": (columns.INTENSITY, "high", "low"),
    "body_motion_intensity": (columns.INTENSITY, "high_motion", "low_motion"),
}
"""Tasks whose answer is one of two, with the words for them and how we write them."""


def score(task: str, file: Path, extras: Extras) -> Scored:
    """A run that has a label list of its own (an option, or a metrics file beside) averages macro-F1 over that."""
    labels = read_labels(file, task, TWO_WAY.get(task), extras.split)
    own = beside.label_list(file, extras.labels, plain_names=False)
    scored = label_metrics(labels, own)
    if own is not None:
        scored.notes.append(f"macro_f1 averages over the {len(own)} labels of the run's own list")
    if task in TWO_WAY:
        scored.metrics |= _positives(labels, TWO_WAY[task][1])
    if task in WINDOW_LABELS and extras.windows is not None:
        table = read_table(extras.windows, ("window_index", WINDOW_LABELS[task]))
        window = whole_numbers(extras.windows, "window_index", table["window_index"])
        scored.metrics |= train_metrics(labels, window, table[WINDOW_LABELS[task]])
    return scored


def _positives(labels: Labels, yes: str) -> dict[str, float]:
    share = {side: float(np.mean([v == yes for v in getattr(labels, side)])) for side in ("true", "predicted")}
    return {"positive_rate_true": share["true"], "positive_rate_pred": share["predicted"]}


def score_chosen(task: str, file: Path, extras: Extras) -> Scored:
    """A label chosen among candidates: also the mean reciprocal rank, where the file has the ranks."""
    scored = score(task, file, extras)
    rows = labelled_rows(file, task, extras.split)
    if "reciprocal" in rows.columns:
        scored.metrics["mrr"] = float(rows.numbers("reciprocal").mean())
        chance = retrieval.chance(4)["mrr"]
        scored.notes.append(f"ranks among a few candidates: a random order of four has MRR {chance:.3f}")
    return scored
