"""What a task is: which blocks it reads, what it asks for, how the answer is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Pool, Samples
from xperience.benchmark.summary import Baseline, Case, Published
from xperience.prepare.contract import BLOCKS

ALL = tuple(block.name for block in BLOCKS)
CAPTION = ("caption_objects_interaction_text",)
CONTACTS = ("body_contacts",)
MOTION = tuple(n for n in ALL if n.startswith(("hand_", "body_", "camera_", "imu_", "audio_")))
"""Query side of the cross-modal tasks: hands, body, contacts, camera, IMU, audio."""

VISION = tuple(n for n in ALL if n.startswith(("depth_", "video_")))


def without(*names: str) -> tuple[str, ...]:
    """All blocks but these."""
    return tuple(name for name in ALL if name not in names)


@dataclass(frozen=True)
class Task:
    """One task; each stands in a file of `tasks/` as `TASK`.

    Attributes:
        id, name: as in the published suite.
        question, input, output: in plain words, for readers.
        blocks: feature blocks that the head reads.
        kind: how it is learnt and measured: a module of `kinds/`.
        metric, unit, higher_is_better: the primary metric.
        samples: the samples of one recording, given the blocks that the run has at all; raises NotMeasurable where
            the recording cannot be asked.
        published: numbers of the published suite.
        target_asks: in a retrieval, whether the true target asks among projections, not the other way about.
        extra_metrics: further metrics of predicted labels, such as boundary F1.
        variant_of: id of the published task that this one stands beside.
        extension: one of the four extension probes, beside the twelve tasks.
    """

    id: str
    name: str
    question: str
    input: str
    output: str
    blocks: tuple[str, ...]
    kind: str
    metric: str
    samples: Callable[[Recording, Sequence[str]], Samples]
    unit: str = ""
    higher_is_better: bool = True
    published: Published = field(default_factory=Published)
    target_asks: bool = False
    extra_metrics: Callable[[Pool, Sequence[str]], dict[str, Any]] | None = None
    variant_of: str = ""
    extension: bool = False


@dataclass
class Outcome:
    """What a kind found for one task; see `summary.TaskResult` for the shared fields.

    Attributes:
        reason: why the head could not be measured; "" where it was. Baselines may be there all the same.
        stats, units scoring: additive statistics [U, K] and the function that turns their sum into the score.
        units: [U] name and session of what each row of `stats` is about.
        baseline_stats: the same of each trivial baseline, [U, K] or [D, U, K] of D random draws, by its name.
        rows: rows of predictions.csv, in the published columns.
        tables: further CSV files by name.
        documents: further JSON files by name.
        arrays: arrays of predictions.npz.
        head: description of the model.
        weights: arrays of the checkpoint.
        fit: how the fit went, for training_metadata.json.
    """

    reason: str = ""
    score: float | None = None
    stats: np.ndarray | None = None
    score_of: Callable[[np.ndarray], np.ndarray] | None = None
    units: list[tuple[str, str]] = field(default_factory=list)
    baseline_stats: dict[str, np.ndarray] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    baselines: list[Baseline] = field(default_factory=list)
    num_classes: int | None = None
    unseen_test_labels: list[str] = field(default_factory=list)
    unseen_label_share: float | None = None
    head: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    fit: dict[str, Any] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)


def place(test: Pool) -> list[dict[str, Any]]:
    """For each test sample: window_index, start_frame, end_frame, center_frame, episode_id."""
    columns: Mapping[str, np.ndarray] = {
        "window_index": test.window,
        "start_frame": test.frames("start_frame"),
        "end_frame": test.frames("end_frame"),
        "center_frame": test.frames("center_frame"),
    }
    ids = [recording.id for recording in test.recordings]
    rows = []
    for k, episode in enumerate(test.episode):
        rows.append({name: int(values[k]) for name, values in columns.items()} | {"episode_id": ids[episode]})
    return rows


def placed(where: Mapping[str, Any], values: Mapping[str, Any], columns: Sequence[str] = ()) -> dict[str, Any]:
    """A row of predictions.csv: the columns of `where` (or those named), the values, and the episode last."""
    first = {name: where[name] for name in columns or where if name != "episode_id"}
    return first | dict(values) | {"episode_id": where["episode_id"]}


def spread(choices: np.ndarray, count: int) -> list[int]:
    """At most `count` of the choices, evenly spaced."""
    places = np.linspace(0, len(choices) - 1, min(count, len(choices))).round().astype(int)
    return [int(choices[k]) for k in np.unique(places)] if len(choices) else []


def case(where: Mapping[str, Any], truth: str, prediction: str, **more: Any) -> Case:
    """A case at one row of `place`."""
    return Case(
        where["episode_id"], where["window_index"], where["start_frame"], where["end_frame"], truth, prediction, **more
    )
