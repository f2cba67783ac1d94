"""Structured answers of a language model: one JSON object a line, or a CSV with the answers' text."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from xperience.benchmark.metrics.answers import KEYS, answer_metrics, object_set, parse_answer
from xperience.benchmark.scoring import Extras, Scored, beside, columns
from xperience.benchmark.scoring.files import (
    MAX_LINES_BYTES,
    check,
    json_objects,
    read_json_lines,
    refuse_duplicates,
    refuse_empty,
)
from xperience.benchmark.scoring.tables import open_source
from xperience.errors import FormatError

JSON_COLUMNS = ("true_json", "pred_json")
ROLES = {
    "id": ("id", "sample_id", "prediction_id", "query_id", "row_id"),
    "episode_id": columns.EPISODE,
    "true_label": tuple(name for name in columns.true_names("timeline_action") if name not in ("target", "true_json")),
    "predicted_label": tuple(
        name for name in columns.predicted_names("timeline_action") if name not in ("output", "answer", "prediction")
    ),
    "raw_prediction": ("raw_prediction", "raw_output", "raw_text", "response", "output", "answer"),
    "true_label_seen_in_train": ("true_label_seen_in_train", "seen_in_train"),
    "true_json": ("true_json",),
    "pred_json": ("pred_json", "predicted_json", "prediction_json"),
}
"""Names of a row's fields, the likeliest first. `target` says what was asked, `prediction` may be text or a label."""

SEEN = columns.Words(("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no"))


class Answer(NamedTuple):
    id: str
    episode: str
    true_label: str
    predicted_label: str
    true: dict[str, Any] | None
    answer: dict[str, Any]
    seen: bool | None


def score(task: str, file: Path, extras: Extras) -> Scored:
    """The label list for macro-F1 is the run's own: the option's, else that of a file beside."""
    rows = _rows(file)
    refuse_empty(file, len(rows))
    refuse_duplicates(file, "id", [row.id for row in rows if row.id])
    labels = beside.label_list(file, extras.labels, plain_names=True)
    true = [row.true for row in rows if row.true is not None]
    metrics = answer_metrics(
        [row.true_label for row in rows],
        [row.predicted_label for row in rows],
        true if len(true) == len(rows) else None,
        [row.answer for row in rows],
        seen_in_train=[row.seen for row in rows],
        labels=labels,
    )
    metrics["num_eval_episodes"] = len({row.episode for row in rows})
    notes = []
    if labels is None:
        notes.append(
            "no label list: macro_f1 averages over the list of the run, which the file does not hold; give --labels "
            "(a list, or a metrics file with one under labels)"
        )
    if len(true) < len(rows):
        notes.append("no true answers beside the action: the metrics of the other fields need true_json")
    if any(row.seen is None for row in rows):
        notes.append("rows without true_label_seen_in_train are in neither the seen nor the unseen accuracy")
    return Scored(metrics, notes)


def _rows(file: Path) -> list[Answer]:
    with check(file, MAX_LINES_BYTES).open("rb") as opened:
        first = opened.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in (b"{", b"[", b""):
        objects = json_objects(file) if first else None
        if objects is None:
            return read_json_lines(file, lambda value: _read(file, _fields(value)))
        return [_read(file, _fields(value)) for value in objects]
    source = open_source(file)
    named = {role: name for role, names in ROLES.items() if (name := columns.find(source.names, names)) is not None}
    table = source.read(list(dict.fromkeys(named.values())))
    count = len(next(iter(table.values()), []))
    return [_read(file, _cells({role: table[name][k] for role, name in named.items()})) for k in range(count)]


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    """A row's fields under our names for them."""
    return {
        role: value[name]
        for role, names in ROLES.items()
        if (name := role if role in value else columns.find(list(value), names)) is not None
    }


def _cells(row: dict[str, str]) -> dict[str, Any]:
    """A row of a CSV as its line of JSON lines would be; an empty cell is no answer, except of a predicted label."""
    value: dict[str, Any] = {name: text for name, text in row.items() if text != "" or name == "predicted_label"}
    for name in JSON_COLUMNS:
        if name in value:
            value[name] = parse_answer(value[name])
    if "true_label_seen_in_train" in value:
        value["true_label_seen_in_train"] = SEEN.read(value["true_label_seen_in_train"])
    return value


def _read(file: Path, value: dict[str, Any]) -> Answer:
    true = value.get("true_json")
    true_label = value.get("true_label", true.get("action") if isinstance(true, dict) else None)
    if true_label is None and not isinstance(true, dict):
        raise FormatError(
            "no true answer", file=file, field="true_json", found=type(true).__name__, expected="an object"
        )
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
        _slim(true, "true") if isinstance(true, dict) else None,
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
