"""The names under which published tables hold the same thing: one list, asked by role.

Names are compared in lower case, with spaces, hyphens and the joints of camelCase as underscores. A dotted name, `true_json.contact`, is a field
of an object inside a line of JSON lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

EPISODE = ("episode_id", "episode", "source_episode_id", "recording_id", "recording")
SPLIT = ("split", "eval_split")
CENTER = ("center_frame", "centre_frame")
START, END = ("start_frame",), ("end_frame",)
RANK = ("rank", "true_rank", "ranks", "gt_rank", "target_rank", "positive_rank", "rank_of_true")
RECIPROCAL = ("reciprocal_rank", "rr")
KEYS = (
    "window_index", "sample_index", "query_index", "test_position", "index", "window_id", "sample_id", "prediction_id",
    "query_id", "row_id", "id", "first_id", "second_id", "candidate_id", "pair_label", "future_window_index",
)  # fmt: skip
"""What may name a row. Every one that a table has takes part in telling its rows apart."""

WHOLE = ("window_index", "sample_index", "query_index", "test_position", "index", "future_window_index")
"""Those that count."""

TRUE_FORMS = ("true_{}", "{}_true", "gt_{}", "{}_gt", "actual_{}", "target_{}", "true_json.{}")
PREDICTED_FORMS = ("predicted_{}", "pred_{}", "{}_pred", "{}_predicted", "prediction_{}", "pred_json.{}")

GENERAL = ("label", "class", "value")
"""What the answer may be called in any task."""

STEMS = {
    "timeline_action": ("label", "action"),
    "timeline_subtask": ("subtask",),
    "transition_detection": ("transition",),
    "next_action": ("next_action", "label", "action"),
    "long_horizon_next_action": ("next_action", "label", "action"),
    "next_subtask_forecast": ("next_subtask", "label", "subtask"),
    "contact_prediction": ("contact",),
    "hand_contact": ("contact",),
    "motion_intensity": ("intensity", "motion_intensity", "motion"),
    "body_motion_intensity": ("intensity", "motion_intensity", "motion"),
    "object_relevance": ("objects", "object_set"),
    "object_set_forecast": ("objects", "object_set"),
    "interaction_text_prediction": ("interaction_text", "text"),
    "action_object_relation": ("relation",),
    "temporal_order": ("order",),
    "misalignment_detection": ("alignment", "aligned"),
    "action_phase_progress": ("progress", "phase"),
    "action_phase": ("progress", "phase"),
    "time_to_transition": ("frames",),
}
"""What the answer of a task may be called, before the general names."""

BARE_TRUE = ("true", "y_true", "truth", "ground_truth", "gt", "actual", "pair_label", "target", "label")
BARE_PREDICTED = ("predicted", "y_pred", "prediction", "pred", "output", "answer")
"""Names without a stem; looked at last, since a table may use them for something else."""


def true_names(task: str) -> tuple[str, ...]:
    """Names of the column of true answers, the likeliest first."""
    return _names(task, TRUE_FORMS, BARE_TRUE)


def predicted_names(task: str) -> tuple[str, ...]:
    """Names of the column of predicted answers, the likeliest first."""
    return _names(task, PREDICTED_FORMS, BARE_PREDICTED)


def _names(task: str, forms: Sequence[str], bare: Sequence[str]) -> tuple[str, ...]:
    stems = dict.fromkeys((*STEMS.get(task, ()), *GENERAL))
    return (*(form.format(stem) for stem in stems for form in forms), *bare)


def plain(name: str) -> str:
    """A column's name as compared."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower().replace(" ", "_").replace("-", "_")


def find(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The first of the names that a table has, as the table spells it."""
    there = {plain(column): column for column in reversed(columns)}
    return next((there[name] for name in names if name in there), None)


@dataclass(frozen=True)
class Words:
    """What stands for yes and for no in a two-way question.

    Attributes:
        yes, no: words in lower case; the first of each is how we write it.
    """

    yes: tuple[str, ...]
    no: tuple[str, ...]

    def read(self, text: str) -> int | None:
        """1, 0, or None for any other word."""
        word = text.strip().lower()
        return 1 if word in self.yes else 0 if word in self.no else None


_YES, _NO = ("1", "1.0", "yes", "y", "true", "t", "positive"), ("0", "0.0", "no", "n", "false", "f", "negative")

ORDER = Words(
    ("correct", "right", "in order", "in_order", "forward", *_YES),
    ("reversed", "wrong", "incorrect", "out of order", "out_of_order", "backward", *_NO),
)
ALIGNMENT = Words(
    ("aligned", "synchronised", "synchronized", "in sync", *_YES),
    ("shifted", "misaligned", "unaligned", "out of sync", *_NO),
)
TRANSITION = Words(("transition", "boundary", "change", *_YES), ("steady", "no_transition", "no transition", *_NO))
CONTACT = Words(("contact", *_YES), ("no_contact", "no contact", "none", *_NO))
INTENSITY = Words(("high_motion", "high", *_YES), ("low_motion", "low", *_NO))
