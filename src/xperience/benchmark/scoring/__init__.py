"""Scores a predictions file made by anyone, in the columns and arrays of the published suite.

`scorers` says, for each task, how its file is read and scored; `columns` which names the same column goes under:

| tasks | file |
| --- | --- |
| one label a window: actions, steps, next actions, contact, motion intensity | a table of true and predicted labels |
| transition_detection | the same with center_frame (or start_frame, end_frame); true boundaries beside it, or as an option |
| objects | a table of true and predicted names, between "|" or ";", or as JSON lists |
| temporal_order, misalignment_detection | a table of true and predicted answers: 0 and 1, yes and no, or words |
| retrieval | a table of ranks, or npz: ranks [n], or query [n, D] and candidates [m, D] with positive [n] |
| numbers: hands, features, progress, times, changes of the camera's place | npz: y_true, y_pred [n, D]; a table of true and predicted values; or a table of the errors of each window |
| qwen3_omni_eval | JSON lines: true_label, predicted_label, true_json, pred_json or raw_prediction; or a CSV of them |

A table is CSV, TSV, JSON lines, a JSON list of objects, or an npz of columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xperience.errors import UsageError


@dataclass(frozen=True)
class Extras:
    """Files beside the predictions that some published metrics need.

    Attributes:
        boundaries: CSV with a column `frame` (and `episode_id` for several episodes): true label changes.
        vocab: JSON list of object names; macro-F1 of objects averages over all of them.
        labels: JSON list of labels, or an object with such a list under "labels": the list that a run's macro-F1
            averages over.
        windows: windows.csv of the recording; adds the majority baseline and the labels unseen in training.
        split: which rows count where the file names the split of each; "test" where it names several.
    """

    boundaries: Path | None = None
    vocab: Path | None = None
    labels: Path | None = None
    windows: Path | None = None
    split: str | None = None


@dataclass
class Scored:
    """Metrics under their published names, and what a reader must know about them."""

    metrics: dict[str, Any]
    notes: list[str] = field(default_factory=list)


Scorer = Callable[[str, Path, Extras], Scored]
"""Task id, predictions and extra files to metrics."""

ALIASES = {
    "hand_trajectory_forecast_mlp": "hand_trajectory_forecast",
    "episode_qa": "qwen3_omni_eval",
    "multi_view_consistency": "multi_view_consistency_retrieval",
}
"""Other names under which published folders and files go."""


COUNT = "num_eval_windows"
"""The count that published runs give once more for each split."""

WITHOUT_SPLITS = ("qwen3_omni_eval",)
"""Tasks whose files are scored as a whole."""


def scorers() -> dict[str, Scorer]:
    """Scorer of each task id: the twelve tasks and our variant, tasks 13 to 20, the extension probes and ours."""
    from xperience.benchmark.scoring import answers, labels, objects, pairs, ranks, transitions, vectors

    return {
        "timeline_action": labels.score,
        "timeline_subtask": labels.score,
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
        "long_horizon_next_action": labels.score,
        "next_subtask_forecast": labels.score,
        "interaction_text_prediction": labels.score_chosen,
        "action_object_relation": labels.score,
        "object_set_forecast": objects.score,
        "imu_to_hand_pose": vectors.score,
        "camera_view_sync_retrieval": ranks.score,
        "time_to_transition": vectors.score,
        "body_motion_intensity": labels.score,
        "multi_view_consistency_retrieval": ranks.score,
        "action_phase_progress": vectors.score,
        "ego_motion_forecast": vectors.score,
        "motion_intensity": labels.score,
        "action_phase": vectors.score,
        "ego_motion": vectors.score,
        "qwen3_omni_eval": answers.score,
    }


def score_file(task: str, file: Path | str, extras: Extras | None = None) -> Scored:
    """Scores one predictions file.

    Where the file names the split of its rows, the metrics stand once more under `splits`, as published runs over
    several episodes have them.

    Raises:
        UsageError: no such task.
        MissingError: the file, or one of the extra files, is not there.
        FormatError, CorruptError: it is not what the task needs.
        LimitError: it is too large to be a predictions file.
    """
    from xperience.benchmark.scoring.tables import chosen_split

    known = scorers()
    name = ALIASES.get(task, task)
    if name not in known:
        raise UsageError("no such task", field="--task", found=task, expected=", ".join(known))
    extras = extras or Extras()
    if name in WITHOUT_SPLITS:
        scored = known[name](name, Path(file), extras)
        return Scored({"task": name, **scored.metrics}, scored.notes)
    split, others = chosen_split(Path(file), extras.split)
    scored = known[name](name, Path(file), replace(extras, split=split))
    notes = [f"only rows of split {split} count; the file also has {', '.join(others)}"] if others else []
    whole = {"task": name, **scored.metrics}
    if split is not None:
        whole["splits"] = {
            split: {key: value for key, value in scored.metrics.items() if isinstance(value, float) or key == COUNT}
        }
    return Scored(whole, [*scored.notes, *notes])
