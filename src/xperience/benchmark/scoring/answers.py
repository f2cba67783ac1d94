"""Structured answers of a language model, one JSON object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from xperience.benchmark.metrics.answers import KEYS, PUBLISHED_LABELS, answer_metrics, object_set, parse_answer
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.files import read_json_lines, read_names, refuse_duplicates, refuse_empty
from xperience.errors import FormatError

SIBLINGS = ("labels.json", "metrics_eval.json", "metrics.json")
"""Files beside the predictions that may hold the run's label list under "labels"."""


class Answer(NamedTuple):
    id: str
    episode: str
    true_label: str
    predicted_label: str
    true: dict[str, Any]
    answer: dict[str, Any]
    seen: bool | None


def score(file: Path, extras: Extras) -> Scored:
    """The label list for macro-F1 comes from the option, else from a file beside, else its published length is used."""
    rows = read_json_lines(file, lambda value: _read(file, value))
    refuse_empty(file, len(rows))
    refuse_duplicates(file, "id", [row.id for row in rows if row.id])
    labels = _label_list(file, extras)
    metrics = answer_metrics(
        [row.true_label for row in rows],
        [row.predicted_label for row in rows],
        [row.true for row in rows],
        [row.answer for row in rows],
        seen_in_train=[row.seen for row in rows],
        labels=labels,
    )
    metrics["num_eval_episodes"] = len({row.episode for row in rows})
    notes = []
    if labels is None:
        notes.append(
            f"no label list given: macro-F1 averages over {PUBLISHED_LABELS} labels, as the published runs do; "
            "give --labels for another list"
        )
    if any(row.seen is None for row in rows):
        notes.append("rows without true_label_seen_in_train are in neither the seen nor the unseen accuracy")
    return Scored(metrics, notes)


def _read(file: Path, value: dict[str, Any]) -> Answer:
    true = value.get("true_json")
    if not isinstance(true, dict):
        raise FormatError(
            "no true answer", file=file, field="true_json", found=type(true).__name__, expected="an object"
        )
    true_label = value.get("true_label", true.get("action"))
    if not isinstance(true_label, str):
        raise FormatError(
            "no true label", file=file, field="true_label", found=type(true_label).__name__, expected="text"
        )
    raw = value.get("raw_prediction")
    answer = value.get("pred_json")
    if answer is None and "pred_json" not in value and isinstance(raw, str):
        answer = parse_answer(raw)
    answer = answer if isinstance(answer, dict) else {}
    predicted = value.get("predicted_label", answer.get("action", raw))
    seen = value.get("true_label_seen_in_train")
    return Answer(
        str(value.get("id", "")),
        str(value.get("episode_id", "")),
        true_label,
        predicted if isinstance(predicted, str) else f"\x00{predicted!r}",
        _slim(true, "true"),
        _slim(answer, "answer"),
        None if seen is None else bool(seen),
    )


def _slim(value: dict[str, Any], side: str) -> dict[str, Any]:
    """What scoring needs of an answer. A field that is no plain value matches nothing, whatever the other side has."""
    slim: dict[str, Any] = {}
    for key in KEYS:
        if key in value:
            plain = isinstance(value[key], (str, int, float, bool, type(None)))
            slim[key] = value[key] if plain else f"\x00{side}"
    if isinstance(value.get("objects"), list):
        slim["objects"] = sorted(object_set(value))
    return slim


def _label_list(file: Path, extras: Extras) -> list[str] | None:
    if extras.labels is not None:
        return read_names(extras.labels, "labels")
    for name in SIBLINGS:
        if (file.parent / name).is_file():
            try:
                return read_names(file.parent / name, "labels")
            except FormatError:  # a file of that name that holds something else
                continue
    return None
