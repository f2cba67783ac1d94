"""Samples whose target is another part of the same window's features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable, Rows, Samples, gatherer, require
from xperience.prepare.contract import SLICES


def projected(recording: Recording, blocks: Sequence[str], onto: Sequence[str], present: Sequence[str]) -> Samples:
    """From `blocks` to those blocks of `onto` that the run has at all.

    All recordings of a run share one target: a recording that lacks a part of it takes no part. Windows are usable
    where every target block has data.
    """
    wanted = [name for name in onto if name in present]
    if not wanted:
        raise NotMeasurable(f"target absent: none of {', '.join(onto)} is in the recordings")
    lacking = [name for name in wanted if not recording.present[name]]
    if lacking:
        raise NotMeasurable(f"target absent: {', '.join(lacking)}")
    require(recording, blocks, "input")
    columns = recording.columns(tuple(wanted))
    order = {name: k for k, name in enumerate(SLICES)}
    there = recording.presence[:, [order[name] for name in wanted]] > 0
    window = np.arange(len(recording.windows))

    def target(rows: Rows) -> np.ndarray:
        if not recording.features.shape[1]:
            raise NotMeasurable("target absent: contract features need the recordings themselves")
        return np.asarray(recording.features[window[rows]], np.float32)[:, columns]

    return Samples(
        window=window,
        first=recording.windows.start_frame,
        last=recording.windows.end_frame,
        inputs=gatherer(recording, blocks, window),
        target=target,
        block_starts=recording.starts(blocks),
        usable=np.all(there, axis=1),
    )
