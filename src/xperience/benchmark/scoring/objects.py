"""Sets of objects a window."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xperience.benchmark.metrics.multilabel import multilabel
from xperience.benchmark.scoring import Extras, Scored, beside
from xperience.benchmark.scoring.files import refuse_empty
from xperience.benchmark.scoring.labels import labelled_rows

SEPARATORS = ("|", ";", ",")
"""Between the names of a list. Which one a file uses is decided for the file as a whole, the first that occurs: a comma
can stand in a name."""


def score(task: str, file: Path, extras: Extras) -> Scored:
    """The vocabulary comes from the option, else from a file beside, else from the names that occur.

    Where only the number of its names is known (`num_objects` of a metrics file), that is enough: a name that occurs
    nowhere has F1 0 and changes only the divisor.
    """
    rows = labelled_rows(file, task, extras.split)
    refuse_empty(file, len(rows))
    texts = [rows.columns["true"], rows.columns["predicted"]]
    true, predicted = (split_lists(values, _separator(texts)) for values in texts)
    known, count = beside.vocabulary(file, extras.vocab)
    notes = list(rows.notes)
    occurring = sorted({name for names in (*true, *predicted) for name in names})
    vocabulary = known if known is not None else occurring
    metrics: dict[str, Any] = multilabel(true, predicted, vocabulary)
    size = len(vocabulary) if count is None else max(count, len(vocabulary))
    metrics["macro_f1"] *= len(vocabulary) / max(size, 1)
    if count is None:
        notes.append("macro_f1 averages the objects that occur in the file: give --vocab for the whole vocabulary")
    elif known is None:
        notes.append(f"macro_f1 averages over {size} objects, as many as the metrics beside say there were")
    unknown = sorted({name for names in true for name in names} - set(vocabulary))
    if unknown:
        notes.append(f"{len(unknown)} true objects are not in the vocabulary, such as {unknown[0]!r}")
    counts = dict.fromkeys(("num_test_windows", "num_eval_windows", "num_samples"), len(rows))
    primary = {"primary_metric": "micro_f1", "primary_score": metrics["micro_f1"]}
    return Scored(metrics | counts | {"num_objects": size} | primary, notes)


def _separator(columns: Sequence[Sequence[str]]) -> str:
    cells = [text for values in columns for text in values if not text.lstrip().startswith(("[", "("))]
    return next((mark for mark in SEPARATORS if any(mark in text for text in cells)), SEPARATORS[0])


def split_lists(values: Sequence[str], separator: str) -> list[list[str]]:
    """Names of each cell: a JSON or Python list, or names between separators."""
    return [_names(text, separator) for text in values]


def _names(text: str, separator: str) -> list[str]:
    if text.lstrip().startswith(("[", "(")):
        for read in (json.loads, ast.literal_eval):
            try:
                value = read(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(value, (list, tuple)):
                return [str(name).strip() for name in value if str(name).strip()]
    return [name.strip() for name in text.split(separator) if name.strip()]
