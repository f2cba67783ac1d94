"""Temporal order: are these two neighbouring windows in the right order?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.benchmark.summary import Published
from xperience.benchmark.task import ALL, Task


def samples(recording: Recording, present: Sequence[str]) -> Samples:
    """Two samples for each pair of neighbours: [a, b, b - a] is 1, [b, a, a - b] is 0."""
    require(recording, ALL, "input")
    pairs = len(recording.windows) - 1
    if pairs < 1:
        raise NotMeasurable("fewer than two windows: no pair")
    window = np.repeat(np.arange(pairs), 2)
    reverse = np.tile([0, 1], pairs)
    one, two = gatherer(recording, ALL, window + reverse), gatherer(recording, ALL, window + 1 - reverse)

    def inputs(rows: Rows) -> np.ndarray:
        a, b = one(rows), two(rows)
        pair = recording.relation(ALL, window[rows] + reverse[rows], ALL, window[rows] + 1 - reverse[rows])
        return np.concatenate([a, b, b - a, pair], axis=1)

    starts = recording.starts(ALL)
    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=recording.windows.end_frame[window + 1],
        inputs=inputs,
        target=lambda rows: 1 - reverse[rows],
        block_starts=np.concatenate([starts, starts + one(np.arange(1)).shape[1]]),
    )


TASK = Task(
    id="temporal_order",
    name="Temporal order",
    question="Were these two moments recorded in this order?",
    input="all blocks of two neighbouring windows and their difference",
    output="right order or reversed",
    blocks=ALL,
    kind="pairs",
    metric="f1",
    samples=samples,
    published=Published(0.5400, 0.8520),
)
