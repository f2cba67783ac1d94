"""Scores a predictions file made by anyone, in the columns and arrays of the published suite.

`SCORERS` says, for each task, how its file is read and scored. What the files of a run hold:

| task | file |
| --- | --- |
| timeline_action, timeline_subtask, next_action, contact_prediction, hand_contact | CSV: window_index, true_label, predicted_label |
| transition_detection | the same and center_frame; true boundaries beside it, or as an option |
| object_relevance | CSV: window_index, true_objects, predicted_objects, names joined by "|" |
| temporal_order, misalignment_detection | CSV: sample_index, true, predicted (0 or 1) |
| hand_trajectory_forecast | npz: y_true, y_pred [n, frames * 126] metres |
| modality_reconstruction | npz: y_true, y_pred [n, D] |
| caption_grounding, cross_modal_retrieval | npz: ranks [n], or query [n, D] and candidates [m, D] with positive [n] |
| qwen3_omni_eval | JSON lines: true_label, predicted_label, true_json, pred_json or raw_prediction |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xperience.errors import UsageError


@dataclass(frozen=True)
class Extras:
    """Files beside the predictions that some published metrics need.

    Attributes:
        boundaries: CSV with a column `frame` (and `episode_id` for several episodes): true label changes.
        vocab: JSON list of object names; macro-F1 of objects averages over all of them.
        labels: JSON list of labels, or an object with such a list under "labels"; for macro-F1 of the answers.
        windows: windows.csv of the recording; adds the majority baseline and the labels unseen in training.
    """

    boundaries: Path | None = None
    vocab: Path | None = None
    labels: Path | None = None
    windows: Path | None = None


@dataclass
class Scored:
    """Metrics under their published names, and what a reader must know about them."""

    metrics: dict[str, Any]
    notes: list[str] = field(default_factory=list)


Scorer = Callable[[Path, Extras], Scored]

ALIASES = {"hand_trajectory_forecast_mlp": "hand_trajectory_forecast", "episode_qa": "qwen3_omni_eval"}
"""Other names under which published folders and files go."""


def scorers() -> dict[str, Scorer]:
    """Scorer of each task id."""
    from xperience.benchmark.scoring import answers, labels, objects, pairs, ranks, transitions, vectors

    return {
        "timeline_action": labels.score_action,
        "timeline_subtask": labels.score_subtask,
        "transition_detection": transitions.score,
        "next_action": labels.score,
        "hand_trajectory_forecast": vectors.score_hands,
        "contact_prediction": labels.score,
        "hand_contact": labels.score,
        "object_relevance": objects.score,
        "caption_grounding": ranks.score,
        "cross_modal_retrieval": ranks.score,
        "modality_reconstruction": vectors.score,
        "temporal_order": pairs.score,
        "misalignment_detection": pairs.score,
        "qwen3_omni_eval": answers.score,
    }


def score_file(task: str, file: Path | str, extras: Extras | None = None) -> Scored:
    """Scores one predictions file.

    Raises:
        UsageError: no such task.
        MissingError: the file, or one of the extra files, is not there.
        FormatError, CorruptError: it is not what the task needs.
        LimitError: it is too large to be a predictions file.
    """
    known = scorers()
    name = ALIASES.get(task, task)
    if name not in known:
        raise UsageError("no such task", field="--task", found=task, expected=", ".join(known))
    scored = known[name](Path(file), extras or Extras())
    return Scored({"task": name, **scored.metrics}, scored.notes)
