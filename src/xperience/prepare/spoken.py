"""What is said about the frames of a recording, as runs that a segment carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience.episode.annotation import UNREADABLE

if TYPE_CHECKING:
    from xperience.episode import Episode
    from xperience.episode.captions import Action

MAX_NAMESAKES = 200
"""Actions of one label that are looked at for a description; real recordings have a few."""

Run = list[Any]
"""[first frame, behind the last, value], counted within a segment."""


class Spoken:
    """Labels of all frames by the label rule; nothing where the recording has no caption."""

    def __init__(self, episode: Episode) -> None:
        self.main_task: str | None = None
        self.fields: dict[str, list[Any]] = {}
        caption = episode.caption
        if caption is None:
            return
        try:
            labels = episode.labels
        except UNREADABLE as error:  # a caption that would take minutes to lay out
            episode.notes.error("caption", error)
            return
        self.main_task = caption.main_task
        actions = [action for segment in caption.segments for action in segment.actions]
        self.fields = {
            "action": labels.action.tolist(),
            "subtask": labels.subtask.tolist(),
            "objects": [list(names) if names else None for names in labels.objects],
            "interaction": list(labels.interaction),
            "description": _descriptions(labels.runs(), actions, episode.clock.times_ns),
        }

    def runs(self, start: int, stop: int) -> dict[str, Any] | None:
        """The runs of frames [start, stop) by field, and the main task; None without a caption."""
        if self.main_task is None:
            return None
        return {
            "main_task": self.main_task,
            **{name: runs(values[start:stop]) for name, values in self.fields.items()},
        }


def runs(values: Iterable[Any]) -> list[Run]:
    """Stretches of equal values; stretches without one are left out."""
    out: list[Run] = []
    for k, value in enumerate(values):
        if out and out[-1][2] == value:
            out[-1][1] = k + 1
        else:
            out.append([k, k + 1, value])
    return [run for run in out if run[2]]


def _descriptions(spans: list[tuple[int, int, str]], actions: list[Action], times_ns: np.ndarray) -> list[str]:
    """By frame: of the actions that bear a run's label, the description of the one that shares most of its time."""
    described: dict[str, list[tuple[int, int, str]]] = {}
    for action in actions:
        if isinstance(action.start, int) and isinstance(action.end, int) and action.description:
            namesakes = described.setdefault(action.label, [])
            if len(namesakes) < MAX_NAMESAKES:
                namesakes.append((action.start, action.end, action.description))
    out = [""] * len(times_ns)
    for first, stop, label in spans:
        if label and label in described:
            low, high = int(times_ns[first]), int(times_ns[stop - 1])
            best = max(described[label], key=lambda a: min(a[1], high) - max(a[0], low))
            out[first:stop] = [best[2]] * (stop - first)
    return out
