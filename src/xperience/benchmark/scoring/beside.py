"""What stands beside a predictions file: the label list of a run, a vocabulary, or their lengths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xperience.benchmark.scoring.files import read_json, read_names
from xperience.errors import XperienceError

METRICS = ("metrics.json", "metrics_eval.json", "eval_metrics.json")
"""Names of a run's published metrics."""

LABELS = ("labels.json", "label_list.json")
VOCABULARIES = ("object_vocab.json", "vocabulary.json")


def metrics(file: Path) -> tuple[Path, dict[str, Any]] | None:
    """The published metrics beside a predictions file, and where they stand."""
    for name in METRICS:
        path = file.parent / name
        if path.is_file():
            try:
                value = read_json(path)
            except XperienceError:  # a file of that name that holds something else
                continue
            if isinstance(value, dict):
                return path, value
    return None


def label_list(file: Path, given: Path | None, *, plain_names: bool) -> list[str] | None:
    """The label list of a run: the option's, else that of a file beside, else None.

    Args:
        plain_names: whether a file that is only a list of labels counts as well as the metrics of a run.
    """
    if given is not None:
        return list(dict.fromkeys(read_names(given, "labels")))
    for name in (*(LABELS if plain_names else ()), *METRICS):
        if (file.parent / name).is_file():
            try:
                return list(dict.fromkeys(read_names(file.parent / name, "labels")))
            except XperienceError:
                continue
    return None


def vocabulary(file: Path, given: Path | None) -> tuple[list[str] | None, int | None]:
    """The names that object macro-F1 averages over, or only how many a run says there were."""
    path = given or next((file.parent / name for name in VOCABULARIES if (file.parent / name).is_file()), None)
    if path is not None:
        names = list(dict.fromkeys(read_names(path, "vocabulary")))
        return names, len(names)
    found = metrics(file)
    count = found[1].get("num_objects") if found is not None else None
    return None, count if isinstance(count, int) and count > 0 else None
