"""Samples whose target is one label a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import (
    NotMeasurable,
    Rows,
    Samples,
    Target,
    gatherer,
    object_array,
    require,
)


def labelled(
    recording: Recording,
    blocks: Sequence[str],
    labels: Sequence[str] | np.ndarray,
    what: str,
    *,
    last: np.ndarray | None = None,
    guesses: Mapping[str, Sequence[str]] | None = None,
) -> Samples:
    """Samples of the windows that have a label; those without are dropped before any split, as published.

    Args:
        blocks: input blocks; the recording must have one of them.
        labels: [W] texts, "" for none.
        what: name of the label in the message where no window has one.
        last: [W] last frame that a window's target looks at; the window's end where None.
        guesses: [W] labels that trivial methods give.
    """
    require(recording, blocks, "input")
    all_labels = object_array(labels)
    window = np.flatnonzero(all_labels != "")
    if not len(window):
        raise NotMeasurable(f"target absent: no window has {what}")
    end = recording.windows.end_frame if last is None else np.maximum(last, recording.windows.end_frame)
    return Samples(
        window=window,
        first=recording.windows.start_frame[window],
        last=end[window],
        inputs=gatherer(recording, blocks, window),
        target=_taking(all_labels, window),
        block_starts=recording.starts(blocks),
        guesses=_guesses(guesses, window) if guesses is not None else None,
    )


def _taking(values: np.ndarray, window: np.ndarray) -> Callable[[Rows], Target]:
    return lambda rows: values[window[rows]]


def _guesses(guesses: Mapping[str, Sequence[str]], window: np.ndarray) -> Callable[[Rows], dict[str, Target]]:
    arrays = {name: object_array(values) for name, values in guesses.items()}
    return lambda rows: {name: values[window[rows]] for name, values in arrays.items()}
