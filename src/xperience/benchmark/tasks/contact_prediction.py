"""Contact state, as published: does any part of the body touch anything?

Feet nearly always do, so that recordings hold one class only; `hand_contact` asks about the hands alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.labelled import labelled
from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Samples
from xperience.benchmark.summary import Published
from xperience.benchmark.task import CAPTION, CONTACTS, Task, without

INPUT = without(*CONTACTS, *CAPTION)
CONTACT, NO_CONTACT = "contact", "no_contact"


def contact_samples(recording: Recording, joints: Sequence[int], threshold: float) -> Samples:
    """Windows in which any of the body joints touches in any frame; windows without a valid frame have no label.

    Joints whose contact is not known say nothing of the others.
    """
    if recording.contacts is None:
        raise NotMeasurable("target absent: no contacts in the recording")
    values = recording.contacts[:, [joint - 1 for joint in joints]]
    known = np.isfinite(values)
    valid = known.any(axis=1)
    touching = np.any(np.where(known, values, 0) > threshold, axis=1)
    labels = []
    for start, end in zip(recording.windows.start_frame, recording.windows.end_frame, strict=True):
        span = slice(start, end + 1)
        labels.append((CONTACT if touching[span].any() else NO_CONTACT) if valid[span].any() else "")
    return labelled(recording, INPUT, labels, "valid contacts")


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    return contact_samples(recording, range(1, 22), 0.0)


TASK = Task(
    id="contact_prediction",
    name="Contact state",
    question="Does any part of the body touch anything?",
    input="all blocks of one window but contacts and caption",
    output="contact or no_contact: whether any of 21 body joints touches in any frame of the window, as the dataset estimates it",
    blocks=INPUT,
    kind="labels",
    metric="macro_f1",
    samples=samples,
    published=Published(1.0, 1.0, "published suite, public sample; its test windows hold one class only"),
)
