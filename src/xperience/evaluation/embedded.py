"""A recording seen through a model: the benchmark asks for blocks and gets what the model makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.evaluation.inputs import Inputs, inputs_of


@dataclass(frozen=True)
class View:
    """What a model makes of the windows of one recording, given some inputs. W windows, T blocks, R readouts, D wide.

    Attributes:
        readout: [W, T, R, D] float16. streams: [W, S, D] float16, mean of each stream's tokens, 0 where it has none.
        outputs: [W, E] float32, what the model itself predicts, as far as the inputs allow it.
        aligned: [W, T, A] float16 embeddings of the contrastive space, by side.
    """

    readout: np.ndarray
    streams: np.ndarray
    outputs: np.ndarray
    aligned: dict[str, np.ndarray] = field(default_factory=dict)

    def tokens(self, window: np.ndarray) -> np.ndarray:
        """[n, K, D] float32 of windows [n]: readouts block by block, then the streams."""
        readout, streams = self.readout[window], self.streams[window]
        return np.concatenate([readout.reshape(len(window), -1, readout.shape[-1]), streams], axis=1).astype(np.float32)

    def flat(self, window: np.ndarray) -> np.ndarray:
        """[n, K D + E] float32."""
        return np.concatenate([self.tokens(window).reshape(len(window), -1), self.outputs[window]], axis=1)


@dataclass(frozen=True)
class EmbeddedRecording(Recording):
    """A `Recording` whose inputs are a model's views; targets, labels and windows stay those of the recording.

    Attributes:
        views: by inputs.
    """

    views: dict[Inputs, View] = field(default_factory=dict)

    @classmethod
    def of(cls, recording: Recording, views: dict[Inputs, View]) -> EmbeddedRecording:
        known: dict[str, Any] = {item.name: getattr(recording, item.name) for item in fields(Recording)}
        return cls(**known, views=views)

    def take(self, blocks: Sequence[str], window: np.ndarray) -> np.ndarray:
        """[n, D]: the flat view."""
        return self.views[inputs_of(blocks)].flat(window)

    def starts(self, blocks: Sequence[str]) -> np.ndarray:
        """One part: a view is there whatever its inputs lack."""
        return np.zeros(1, int)

    def relation(self, blocks: Sequence[str], one: np.ndarray, others: Sequence[str], two: np.ndarray) -> np.ndarray:
        """[n, T T] cosines of all blocks of one window with all blocks of the other.

        Through the same inputs the readouts are compared; through different ones the contrastive embeddings of their
        sides, motion against what is seen and heard.
        """
        if tuple(blocks) == tuple(others):
            readout = self.views[inputs_of(blocks)].readout
            a, b = (readout[w].reshape(len(w), readout.shape[1], -1).astype(np.float32) for w in (one, two))
        else:
            a = self.views[inputs_of(blocks)].aligned["motion"][one].astype(np.float32)
            b = self.views[inputs_of(others)].aligned["sight"][two].astype(np.float32)
        a, b = (v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-6) for v in (a, b))
        return np.einsum("ntd,nsd->nts", a, b).reshape(len(one), -1)
