"""Next-action prediction: what will the person be doing 20 frames after the window?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.labelled import labelled
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import ALL, Task

AHEAD_FRAMES = 20


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Near the end of a recording the target is the last frame's label, as published."""
    action, end = recording.labels.action, recording.windows.end_frame
    target = np.minimum(end + AHEAD_FRAMES, recording.num_frames - 1)
    guesses = {"current action": list(action[end])}
    return labelled(recording, ALL, list(action[target]), "an action 20 frames later", last=target, guesses=guesses)


TASK = Task(
    id="next_action",
    name="Next-action prediction",
    question="What will the person be doing in one second?",
    input="all blocks of one window of 20 frames",
    output="the action label 20 frames after the window's end",
    blocks=ALL,
    kind="labels",
    metric="macro_f1",
    samples=samples,
    published=Published(0.0593, 0.0419),
)
