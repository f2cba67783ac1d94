"""Action phase as published: how far is the run of windows with one label?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import CAPTION, Task, without

INPUT = without(*CAPTION)


def progress(labels: np.ndarray) -> np.ndarray:
    """[W] evenly from 0 to 1 over each run of equal labels [W], empty ones included; 0 for a run of one."""
    starts = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))
    lengths = np.diff(np.append(starts, len(labels)))
    place = np.arange(len(labels)) - np.repeat(starts, lengths)
    return np.asarray(place / np.maximum(np.repeat(lengths, lengths) - 1, 1), np.float64)


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """All windows; windows are counted, not frames."""
    require(recording, INPUT, "input")
    labels = np.asarray(recording.windows.action_label, object)
    if not (labels != "").any():
        raise NotMeasurable("target absent: no window has an action label")
    window = np.arange(len(labels))
    phase = progress(labels).astype(np.float32)[:, None]
    ends = np.append(np.flatnonzero(labels[1:] != labels[:-1]), len(labels) - 1)
    run = np.searchsorted(ends, window)

    def target(rows: Rows) -> np.ndarray:
        return phase[rows]

    return Samples(
        window=window,
        first=recording.windows.start_frame,
        last=recording.windows.end_frame[ends[run]],
        inputs=gatherer(recording, INPUT, window),
        target=target,
        block_starts=recording.starts(INPUT),
    )


TASK = Task(
    id="action_phase_progress",
    name="Action phase, as published",
    question="How far is the run of windows with one action?",
    input="all blocks of one window but the caption",
    output="the window's place among the windows of its run of equal labels, 0 to 1; windows without a label make runs too",
    blocks=INPUT,
    kind="vectors",
    metric="mae",
    higher_is_better=False,
    samples=samples,
    published=Published(0.327, 0.302, "published suite, public sample; predictions clipped to 0..1 there"),
    variant_of="action_phase",
    extension=True,
)
