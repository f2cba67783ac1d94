"""Structured answers of a language model about a window, as the published Qwen3-Omni runs are scored.

The action is scored on `predicted_label`, the other fields on the parsed JSON by exact match; an answer that cannot be
parsed is wrong everywhere. Valid means parsed with all seven keys. Objects are compared as sets.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xperience.benchmark.metrics.classification import classification
from xperience.benchmark.metrics.multilabel import micro_f1_of, statistics

KEYS = ("action", "subtask", "objects", "contact", "transition", "next_action", "evidence_window")
UNKNOWN = "unknown"
"""A true field with this value is not scored."""


def parse_answer(text: str) -> dict[str, Any]:
    """The JSON object in a model's answer, also inside a code fence or prose; {} where there is none."""
    text = re.sub(r"^```(?:json)?|```$", "", text.strip(), flags=re.IGNORECASE).strip()
    first, last = text.find("{"), text.rfind("}")
    for candidate in (text, text[first : last + 1] if 0 <= first < last else ""):
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else {}
    return {}


def object_set(answer: Mapping[str, Any]) -> set[str]:
    """Names under `objects`; an entry that is no text counts as a name that nothing matches."""
    value = answer.get("objects")
    return {v if isinstance(v, str) else f"\x00{v!r:.80}" for v in value} if isinstance(value, list) else set()


def field_accuracy(true: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]], key: str) -> float | None:
    """Share of exact matches where the truth is known; None where it never is."""
    scored = [a.get(key) == t.get(key) for t, a in zip(true, answers, strict=True) if t.get(key) != UNKNOWN]
    return float(np.mean(scored)) if scored else None


def object_micro_f1(true: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]) -> float | None:
    """Micro-F1 of the object sets; None where neither side names any."""
    stats = statistics([object_set(t) for t in true], [object_set(a) for a in answers], np.zeros(len(true), int), 1)
    return float(micro_f1_of(stats[0])) if stats.any() else None


def answer_metrics(
    true_labels: Sequence[str],
    predicted_labels: Sequence[str],
    true: Sequence[Mapping[str, Any]] | None,
    answers: Sequence[Mapping[str, Any]],
    *,
    seen_in_train: Sequence[bool | None],
    labels: Sequence[str] | None,
) -> dict[str, Any]:
    """All metrics under their published names.

    Args:
        true: fields of the true answers; None where the file does not hold them, and so no metric of theirs.
        labels: the label list of that run (the published ones have 1,201 to 1,235 labels), which macro-F1 averages
            over with the labels outside it that occur. None where it is not known, and so no macro-F1: that of the
            labels that occur stands under another name.
    """
    scores = classification(true_labels, predicted_labels, over_all=labels if labels is not None else [])
    macro = scores["macro_f1"] if labels is not None else None
    right = np.array([t == p for t, p in zip(true_labels, predicted_labels, strict=True)])
    seen = np.array([s is True for s in seen_in_train])
    unseen = np.array([s is False for s in seen_in_train])
    return {
        "num_samples": len(true_labels),
        "accuracy": scores["accuracy"],
        "macro_f1": macro,
        **({} if labels is not None else {"macro_f1_of_occurring_labels": scores["macro_f1"]}),
        "num_unseen_label_samples": int(unseen.sum()),
        "unseen_eval_labels": sorted({t for t, u in zip(true_labels, unseen, strict=True) if u}),
        "seen_label_accuracy": float(right[seen].mean()) if seen.any() else None,
        "unseen_label_accuracy": float(right[unseen].mean()) if unseen.any() else None,
        "eval_label_counts": dict(Counter(true_labels).most_common()),
        "json_validity_rate": float(np.mean([all(key in answer for key in KEYS) for answer in answers])),
        "action_macro_f1": macro,
        **_of_fields(true, answers),
    }


def _of_fields(
    true: Sequence[Mapping[str, Any]] | None, answers: Sequence[Mapping[str, Any]]
) -> dict[str, float | None]:
    """Metrics of the fields beside the action."""
    names = ("subtask", "transition", "next_action", "contact")
    found = {f"{name}_accuracy": None if true is None else field_accuracy(true, answers, name) for name in names}
    return found | {"object_micro_f1": None if true is None else object_micro_f1(true, answers)}
