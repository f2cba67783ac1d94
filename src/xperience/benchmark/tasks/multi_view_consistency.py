"""Multi-view consistency: which picture of another camera belongs to this one?"""

from __future__ import annotations

from collections.abc import Sequence

from xperience.benchmark.crossmodal import projected
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import Task

ONE, OTHER = ("video_fisheye_cam0",), ("video_stereo_left",)


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    return projected(recording, ONE, OTHER, present)


TASK = Task(
    id="multi_view_consistency",
    name="Multi-view consistency",
    question="Which view of the other camera is of the same moment?",
    input="the first fisheye view of one window",
    output="the window with its left stereo view, among all test windows",
    blocks=ONE,
    kind="retrieval",
    metric="mrr",
    samples=samples,
    published=Published(0.553, 0.347),
    extension=True,
)
