"""Cross-modal reconstruction: what do the depth and video features look like, given the motion?"""

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
    id="modality_reconstruction",
    name="Cross-modal reconstruction",
    question="Given the motion and the sound, what do the cameras see?",
    input="hands, body, contacts, camera, IMU and audio of one window",
    output="the window's depth and video features",
    blocks=MOTION,
    kind="vectors",
    metric="r2",
    samples=samples,
    published=Published(-0.0153, -0.0102),
)
