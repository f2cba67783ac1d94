"""Object relevance: which objects does the caption name in this window?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Samples, gatherer, object_array, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import CAPTION, Task, without

INPUT = without(*CAPTION)


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Windows with an object list on at least one frame are usable; an empty list is a list."""
    require(recording, INPUT, "input")
    objects = recording.labels.objects
    sets, usable = [], []
    for start, end in zip(recording.windows.start_frame, recording.windows.end_frame, strict=True):
        lists = [names for names in objects[start : end + 1] if names is not None]
        sets.append(tuple(dict.fromkeys(name.strip() for names in lists for name in names if name.strip())))
        usable.append(bool(lists))
    if not any(usable):
        raise NotMeasurable("target absent: the caption names no objects")
    target = object_array(sets)
    window = np.arange(len(recording.windows))
    return Samples(
        window=window,
        first=recording.windows.start_frame,
        last=recording.windows.end_frame,
        inputs=gatherer(recording, INPUT, window),
        target=lambda rows: target[rows],
        block_starts=recording.starts(INPUT),
        usable=np.array(usable),
    )


TASK = Task(
    id="object_relevance",
    name="Object relevance",
    question="Which objects matter in this second?",
    input="all blocks of one window but the caption",
    output="the set of objects that the caption names in the window",
    blocks=INPUT,
    kind="sets",
    metric="micro_f1",
    samples=samples,
    published=Published(0.1803, 0.1679),
)
