"""All windows of one side of the split beside each other, as a section needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.embedded import EmbeddedRecording, View
from xperience.evaluation.inputs import inputs_of
from xperience.evaluation.resample import drawn
from xperience.evaluation.sections import Bench


@dataclass(frozen=True)
class Gathered:
    """n windows of R recordings, in order.

    Attributes:
        recordings: R. episode: [n] which of them. window: [n] index within it. sessions: [n] name of what is drawn for
            intervals; see `resample.drawn`. units: what that is, in words.
    """

    recordings: list[EmbeddedRecording]
    episode: np.ndarray
    window: np.ndarray
    sessions: np.ndarray
    units: str

    def __len__(self) -> int:
        return len(self.window)

    def rows(self, of: Callable[[EmbeddedRecording], np.ndarray]) -> np.ndarray:
        """[n, ...] of what each recording gives as [W, ...]."""
        return np.concatenate([of(recording) for recording in self.recordings])


def gathered(bench: Bench, side: str, having: Sequence[Sequence[str]] = ()) -> Gathered:
    """Windows of "train", "val" or "test", of recordings that have some block of each of the sets `having`.

    Raises:
        NotMeasurable: there is no such window.
    """
    found = [
        recording
        for recording in bench.of(side)
        if len(recording.windows) and all(any(recording.present[b] for b in blocks) for blocks in having)
    ]
    if not found:
        raise NotMeasurable(f"no {side} recording with windows of what is asked about")
    counts = [len(recording.windows) for recording in found]
    names, units = drawn(found)
    return Gathered(
        found,
        np.repeat(np.arange(len(found)), counts),
        np.concatenate([np.arange(count) for count in counts]),
        np.concatenate(names),
        units,
    )


def view_of(bench: Bench, recording: EmbeddedRecording, blocks: Sequence[str]) -> View:
    """The view of a recording through some blocks, made now where no task asked for it."""
    inputs = inputs_of(blocks)
    if inputs not in recording.views:
        recording.views.update(bench.viewer.views(recording.id, [inputs], recording.windows.start_frame))
    return recording.views[inputs]


def directions(embedded: np.ndarray) -> np.ndarray:
    """[n, T A] float32 of embeddings [n, T, A]: every block at length one, their dot product T times the mean cosine."""
    x = embedded.astype(np.float32)
    found: np.ndarray = (x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)).reshape(len(x), -1)
    return found
