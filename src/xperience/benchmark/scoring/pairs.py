"""Two-way decisions about pairs of windows: temporal order, synchronisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xperience.benchmark.metrics.binary import binary
from xperience.benchmark.metrics.classification import classification
from xperience.benchmark.scoring import Extras, Scored, columns
from xperience.benchmark.scoring.columns import Words
from xperience.benchmark.scoring.files import refuse_empty
from xperience.benchmark.scoring.labels import labelled_rows
from xperience.benchmark.scoring.tables import Rows
from xperience.errors import FormatError

WORDS = {"temporal_order": columns.ORDER, "misalignment_detection": columns.ALIGNMENT}


def score(task: str, file: Path, extras: Extras) -> Scored:
    """F1 of class 1 with its parts, and the metrics over both classes.

    Runs over several episodes publish macro-F1 as their primary score, though they name it f1; runs over one episode
    publish F1 of class 1. A file of pairs that are named by their windows, not counted, is of the former.
    """
    rows = labelled_rows(file, task, extras.split)
    refuse_empty(file, len(rows))
    true, predicted = (_answers(rows, role, WORDS[task]) for role in ("true", "predicted"))
    metrics: dict[str, Any] = dict(binary(true, predicted))
    both = classification([str(v) for v in true], [str(v) for v in predicted])
    metrics |= {name: both[name] for name in ("balanced_accuracy", "macro_f1", "weighted_f1")}
    counts = dict.fromkeys(("num_test_samples", "num_eval_windows"), len(true))
    counted = any(columns.plain(name) in columns.WHOLE for name in rows.keys)
    primary = metrics["f1"] if counted or not any(rows.episode) else metrics["macro_f1"]
    metrics |= counts | {"num_classes": 2, "primary_metric": "f1", "primary_score": primary}
    positive = float(true.mean())
    notes = [*rows.notes, f"answering 1 always has F1 {2 * positive / (1 + positive):.4f} here"]
    if primary != metrics["f1"]:
        notes.append("primary_score is macro_f1, as runs over several episodes publish it under the name f1")
    return Scored(metrics, notes)


def _answers(rows: Rows, role: str, words: Words) -> np.ndarray:
    """[n] 0 and 1 of a column, in figures or in words."""
    found = [words.read(text) for text in rows.columns[role]]
    if None in found:
        place = found.index(None)
        raise FormatError(
            "not one of the two answers",
            file=rows.path,
            field=f"{rows.named[role]}, row {place + 1}",
            found=rows.columns[role][place][:80],
            expected=f"0 to 1, {words.yes[0]} or {words.no[0]}, yes or no",
        )
    return np.array(found, np.int64)
