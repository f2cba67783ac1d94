"""Action boundary detection: does the action change near the window's centre?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xperience.benchmark.labelled import labelled
from xperience.benchmark.metrics.boundaries import TOLERANCE_FRAMES
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Pool, Samples
from xperience.benchmark.scoring.labels import Labels
from xperience.benchmark.scoring.transitions import span_metrics, transition_labels
from xperience.benchmark.summary import Published
from xperience.benchmark.task import ALL, Task


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    if not (recording.labels.action != "").any():
        raise NotMeasurable("target absent: no frame has an action label")
    center = recording.windows.center_frame
    labels = transition_labels(center, recording.labels.boundaries)
    return labelled(recording, ALL, labels, "a label", last=center + TOLERANCE_FRAMES)


def boundary_f1(test: Pool, predicted: Sequence[str]) -> dict[str, Any]:
    """Boundary metrics of predicted labels, each episode with its own boundaries."""
    ids = [recording.id for recording in test.recordings]
    labels = Labels(
        [ids[k] for k in test.episode], test.window, test.frames("center_frame"), list(test.target), list(predicted), 0
    )
    known = {recording.id: np.asarray(recording.labels.boundaries).tolist() for recording in test.recordings}
    return span_metrics(labels, known)[0]


TASK = Task(
    id="transition_detection",
    name="Action boundary detection",
    question="Does one action give way to another here?",
    input="all blocks of one window of 20 frames",
    output="transition or steady: whether the label changes within 10 frames of the window's centre",
    blocks=ALL,
    kind="labels",
    metric="macro_f1",
    samples=samples,
    published=Published(0.6118, 0.5862),
    extra_metrics=boundary_f1,
)
