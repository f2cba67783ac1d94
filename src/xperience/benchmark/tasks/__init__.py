"""The tasks, one file each with a `Task` named TASK; a new file here is a new task."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from xperience.benchmark.task import Task
from xperience.errors import UsageError

ORDER = (
    "timeline_action",
    "timeline_subtask",
    "transition_detection",
    "next_action",
    "hand_trajectory_forecast",
    "contact_prediction",
    "hand_contact",
    "object_relevance",
    "caption_grounding",
    "cross_modal_retrieval",
    "modality_reconstruction",
    "temporal_order",
    "misalignment_detection",
    "motion_intensity",
    "body_motion_intensity",
    "multi_view_consistency",
    "action_phase",
    "action_phase_progress",
    "ego_motion",
    "ego_motion_forecast",
)
"""Order of the published suite, each variant after the task it stands beside; others follow by name."""


def registry() -> dict[str, Task]:
    """All tasks by id, in order."""
    tasks = {}
    for module in pkgutil.iter_modules(__path__):
        task: Task = importlib.import_module(f"{__name__}.{module.name}").TASK
        assert task.id == module.name, f"{module.name} defines {task.id}"
        tasks[task.id] = task
    rank = {name: k for k, name in enumerate(ORDER)}
    return dict(sorted(tasks.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


def choose(ids: Sequence[str] | None) -> list[Task]:
    """The named tasks, or all.

    Raises:
        UsageError: no task of that name.
    """
    known = registry()
    unknown = [name for name in ids or () if name not in known]
    if unknown:
        raise UsageError("no such task", field="--tasks", found=", ".join(unknown), expected=", ".join(known))
    return [task for name, task in known.items() if not ids or name in ids]
