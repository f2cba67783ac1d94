"""Language grounding: which window does this text belong to?"""

from __future__ import annotations

from collections.abc import Sequence

from xperience.benchmark.crossmodal import projected
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import CAPTION, Task, without

INPUT = without(*CAPTION)


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    return projected(recording, INPUT, CAPTION, present)


TASK = Task(
    id="caption_grounding",
    name="Language grounding",
    question="Given what the caption says, which moment is meant?",
    input="the caption vector as query; the texts predicted from all other blocks as candidates",
    output="the window that the text belongs to, among all test windows",
    blocks=INPUT,
    kind="retrieval",
    metric="mrr",
    samples=samples,
    target_asks=True,
    published=Published(0.0160, 0.0168),
)
