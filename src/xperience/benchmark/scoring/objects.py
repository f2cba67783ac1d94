"""Sets of objects a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xperience.benchmark.metrics.multilabel import multilabel
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.files import read_names, read_table, refuse_duplicates, refuse_empty, whole_numbers

SIBLING = "object_vocab.json"
SEPARATOR = "|"


def score(file: Path, extras: Extras) -> Scored:
    """The vocabulary comes from the option, else from object_vocab.json beside the file, else from the file."""
    table = read_table(file, ("window_index", "true_objects", "predicted_objects"), ("episode_id",))
    refuse_empty(file, len(table["window_index"]))
    window = whole_numbers(file, "window_index", table["window_index"]).tolist()
    refuse_duplicates(file, "window_index", list(zip(table.get("episode_id", [""] * len(window)), window, strict=True)))
    true, predicted = ([_names(text) for text in table[f"{side}_objects"]] for side in ("true", "predicted"))
    path = extras.vocab or (file.parent / SIBLING if (file.parent / SIBLING).is_file() else None)
    notes = []
    if path is not None:
        vocabulary = list(dict.fromkeys(read_names(path, "vocabulary")))
    else:
        vocabulary = sorted({name for names in (*true, *predicted) for name in names})
        notes.append("macro_f1 averages the objects that occur in the file: give --vocab for the whole vocabulary")
    unknown = sorted({name for names in true for name in names} - set(vocabulary))
    if unknown:
        notes.append(f"{len(unknown)} true objects are not in the vocabulary, such as {unknown[0]!r}")
    metrics: dict[str, Any] = multilabel(true, predicted, vocabulary)
    return Scored(metrics | {"num_test_windows": len(window), "num_objects": len(vocabulary)}, notes)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(SEPARATOR) if name.strip()]
