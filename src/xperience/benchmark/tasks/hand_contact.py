"""Hand contact: do the hands touch anything? Stands beside the published contact task, which the feet decide."""

from __future__ import annotations

from collections.abc import Sequence

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import Task
from xperience.benchmark.tasks.contact_prediction import INPUT, contact_samples

WRISTS = (20, 21)
"""Body joints 20 and 21 of SMPL-H: left and right wrist, standing for the hands."""

THRESHOLD = 0.5
"""Contacts may be probabilities; for stored booleans the value does not matter."""


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    return contact_samples(recording, WRISTS, THRESHOLD)


TASK = Task(
    id="hand_contact",
    name="Hand contact",
    question="Does a hand touch anything?",
    input="all blocks of one window but contacts and caption",
    output="contact or no_contact: whether a wrist joint touches in any frame of the window, as the dataset estimates it",
    blocks=INPUT,
    kind="labels",
    metric="macro_f1",
    samples=samples,
    published=Published(note="not in the published suite"),
    variant_of="contact_prediction",
)
