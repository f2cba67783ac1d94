"""Structured descriptions: is what the decoder writes valid, and is it true?"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.inputs import Inputs
from xperience.evaluation.sampled import sampled
from xperience.evaluation.sections import Bench
from xperience.model.language import KEYS
from xperience.pretrain.objectives.language import documents

TITLE = "Structured descriptions"
WINDOWS = 48
EXAMPLES = 3
TEXTS, FLAGS = ("action", "subtask", "next_action"), ("contact", "transition")


def measure(bench: Bench) -> dict[str, Any]:
    """Validity, and agreement with the labels, beside always saying what is commonest."""
    viewer = bench.viewer
    if "language" not in viewer.restored.learner.objectives:
        raise NotMeasurable("the model was not trained to write descriptions")
    inputs = Inputs(tuple(viewer.model.streams), False)
    written: list[str] = []
    true: list[dict[str, Any]] = []
    names = []
    for recording, starts, batch in sampled(bench, WINDOWS):
        state = viewer.state(batch, inputs)
        with torch.inference_mode():
            written += viewer.model.writer.write(state.x.float(), state.seen, batch.seconds)
        true += documents(batch) if "contacts" in batch.streams else [{}] * len(starts)
        names += [f"{recording.id}, frame {int(start)}" for start in starts]
    valid = [parsed(text) for text in written]
    pairs = [(one, truth) for one, truth in zip(valid, true, strict=True) if one is not None and truth]
    rows: list[list[Any]] = [
        ["validity", len(written), _round(sum(one is not None for one in valid), len(written)), None]
    ]
    rows += [[f"{key}: exact", *agreement(pairs, key)] for key in (*TEXTS, *FLAGS)]
    rows.append(["objects: micro F1", *objects(pairs)])
    rows.append(["evidence window: mean overlap", *overlap(pairs)])
    step = max(1, len(written) // EXAMPLES)
    return {
        "text": (
            f"What the decoder writes about {len(written)} test windows, seen without language, under its grammar. Valid: parses "
            "to the seven fields with their types. Commonest: always giving the answer that is commonest in these "
            "windows."
        ),
        "table": {"columns": ["what", "windows", "model", "commonest"], "rows": rows},
        "examples": [
            {"window": names[k], "written": written[k], "true": json.dumps(true[k], ensure_ascii=False)}
            for k in range(0, len(written), step)
        ][:EXAMPLES],
    }


def parsed(text: str) -> dict[str, Any] | None:
    """The document, or None where it is no valid one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or set(found) != set(KEYS):
        return None
    window = found["evidence_window"]
    fits = (
        all(isinstance(found[key], str) for key in TEXTS)
        and isinstance(found["objects"], list)
        and all(isinstance(name, str) for name in found["objects"])
        and (found["contact"] is None or isinstance(found["contact"], bool))
        and isinstance(found["transition"], bool)
        and isinstance(window, list)
        and len(window) == 2
        and all(isinstance(t, (int, float)) and not isinstance(t, bool) and math.isfinite(t) for t in window)
        and window[0] <= window[1]
    )
    return found if fits else None


Pairs = Sequence[tuple[dict[str, Any], dict[str, Any]]]


def agreement(pairs: Pairs, key: str) -> tuple[int, float | None, float | None]:
    """Windows whose truth is known, the share that is right, and that of always saying the commonest truth."""
    known = [(one[key], truth[key]) for one, truth in pairs if truth[key] not in ("", None)]
    if not known:
        return 0, None, None
    most = Counter(truth for _, truth in known).most_common(1)[0][1]
    return len(known), _round(sum(a == b for a, b in known), len(known)), _round(most, len(known))


def objects(pairs: Pairs) -> tuple[int, float | None, float | None]:
    sets = [(set(one["objects"]), set(truth["objects"])) for one, truth in pairs]
    if not any(truth for _, truth in sets):
        return 0, None, None
    size = round(sum(len(truth) for _, truth in sets) / len(sets))
    common = {name for name, _ in Counter(n for _, truth in sets for n in truth).most_common(max(size, 1))}
    return len(sets), _micro(sets), _micro([(common, truth) for _, truth in sets])


def overlap(pairs: Pairs) -> tuple[int, float | None, float | None]:
    """Mean intersection over union; the commonest answer is the whole window."""
    spans = [(one["evidence_window"], truth["evidence_window"]) for one, truth in pairs if truth["action"]]
    if not spans:
        return 0, None, None
    whole = [min(t[0] for _, t in spans), max(t[1] for _, t in spans)]
    return len(spans), _mean([_iou(a, b) for a, b in spans]), _mean([_iou(whole, b) for _, b in spans])


def _iou(a: Sequence[float], b: Sequence[float]) -> float:
    both = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    either = max(a[1], b[1]) - min(a[0], b[0])
    return both / either if either > 0 else float(list(a) == list(b))


def _micro(sets: Sequence[tuple[set[str], set[str]]]) -> float:
    both = sum(len(a & b) for a, b in sets)
    return _round(2 * both, sum(len(a) + len(b) for a, b in sets))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


def _round(part: float, whole: float) -> float:
    return round(part / whole, 3) if whole else 0.0
