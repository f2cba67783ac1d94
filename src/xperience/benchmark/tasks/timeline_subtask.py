"""Procedure step recognition: which sub-task rules the window?"""

from __future__ import annotations

from collections.abc import Sequence

from xperience.benchmark.labelled import labelled
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import ALL, Task


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    return labelled(recording, ALL, recording.windows.subtask_label, "a sub-task label")


TASK = Task(
    id="timeline_subtask",
    name="Procedure step recognition",
    question="Which step of the procedure is the person in?",
    input="all blocks of one window of 20 frames",
    output="the sub-task that covers at least 60 % of the window",
    blocks=ALL,
    kind="labels",
    metric="macro_f1",
    samples=samples,
    published=Published(0.0506, 0.0281),
)
