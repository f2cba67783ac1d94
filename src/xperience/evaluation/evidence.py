"""What the word for a task of an evaluation rests on, read from its row in evaluation.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xperience.scoring import words


def evidence_of(row: Mapping[str, Any]) -> words.Evidence:
    """What the word for a row, as it stands in the file, rests on."""
    differences = row.get("differences") or {}
    against = row.get("against") or {}
    trivial = [
        words.Rival(name, float(score), _span(differences.get(name)))
        for name, score in (row.get("baselines") or {}).items()
        if isinstance(score, int | float)
    ]
    heads = [
        words.Rival(name, float(score), _span((one.get("low"), one.get("high"))))
        for name, score in (row.get("heads") or {}).items()
        if isinstance(score, int | float) and (one := against.get(name)) is not None
    ]
    score = row.get("score")
    return words.Evidence(
        score=score, interval=_span(row.get("interval")), higher_is_better=bool(row.get("higher_is_better", True)),
        trivial=trivial, heads=heads, windows=int(row.get("windows") or 0), recordings=int(row.get("recordings") or 0),
        sessions=int(row.get("sessions") or 0), reason=str(row.get("reason") or "") if score is None else "",
        source=str(row.get("source") or ""),
    )  # fmt: skip


def _span(value: Any) -> words.Span | None:
    if value is None or len(value) != 2 or not all(isinstance(end, int | float) for end in value):
        return None
    return float(value[0]), float(value[1])
