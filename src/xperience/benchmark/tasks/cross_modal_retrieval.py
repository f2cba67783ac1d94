"""Cross-modal retrieval: which pictures belong to this motion?"""

from __future__ import annotations

from collections.abc import Sequence

from xperience.benchmark.crossmodal import projected
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import MOTION, VISION, Task


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    return projected(recording, MOTION, VISION, present)


TASK = Task(
    id="cross_modal_retrieval",
    name="Cross-modal retrieval",
    question="Given the motion and the sound, which pictures go with them?",
    input="hands, body, contacts, camera, IMU and audio of one window",
    output="the window with its depth and video, among all test windows",
    blocks=MOTION,
    kind="retrieval",
    metric="mrr",
    samples=samples,
    published=Published(0.2693, 0.1300),
)
