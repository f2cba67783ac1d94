"""A recording seen through a model: the benchmark asks for blocks and gets what the model makes of them."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import NotMeasurable
from xperience.evaluation.inputs import Inputs, inputs_of
from xperience.storage import digest


@dataclass(frozen=True)
class View:
    """What a model makes of the windows of one recording, given some inputs. W windows, T blocks, K tokens, D wide.

    Attributes:
        tokens: [W, K, D] float16: readouts block by block, then the mean of each stream's tokens, 0 where it has none.
        sides: "motion", "sight" and the like to [W, T, A] float16, embeddings of the contrastive space.
        own: what the model's own heads say, by name, [W, ...] float32; see `viewer.answers`.
        content: [W, T, S, D] float16, what entered the trunk of each stream in each block; None where not kept.
    """

    tokens: np.ndarray
    sides: dict[str, np.ndarray] = field(default_factory=dict)
    own: dict[str, np.ndarray] = field(default_factory=dict)
    content: np.ndarray | None = None

    def side(self, name: str) -> np.ndarray:
        """One of `sides`.

        Raises:
            NotMeasurable: the model has no contrastive space.
        """
        if name not in self.sides:
            raise NotMeasurable("the model was trained without a contrastive space")
        return self.sides[name]


@dataclass(frozen=True)
class EmbeddedRecording(Recording):
    """A `Recording` whose inputs are a model's views; targets, labels and windows stay those of the recording.

    Attributes:
        views: by inputs. model: identity of what made them.
    """

    views: MutableMapping[Inputs, View] = field(default_factory=dict)
    model: str = ""

    @classmethod
    def of(cls, recording: Recording, views: MutableMapping[Inputs, View], model: str) -> EmbeddedRecording:
        known: dict[str, Any] = {item.name: getattr(recording, item.name) for item in fields(Recording)}
        return cls(**known, views=views, model=model)

    @cached_property
    def digest(self) -> str:
        return digest(super().digest, self.model)

    def view(self, blocks: Sequence[str]) -> View:
        return self.views[inputs_of(blocks)]

    def take(self, blocks: Sequence[str], window: np.ndarray) -> np.ndarray:
        """[n, K D] float32: the tokens."""
        return self.view(blocks).tokens[window].reshape(len(window), -1).astype(np.float32)

    def starts(self, blocks: Sequence[str]) -> np.ndarray:
        """One part: a view is there whatever its inputs lack."""
        return np.zeros(1, int)

    def relation(self, blocks: Sequence[str], one: np.ndarray, others: Sequence[str], two: np.ndarray) -> np.ndarray:
        """[n, R] cosines of every block of one window with every block of the other.

        Through the same inputs the content of each stream is compared, and the readouts; through different ones the
        contrastive embeddings, motion against what is seen and heard; R is 0 for a model without that space.
        """
        a, b = self.view(blocks), self.view(others)
        if tuple(blocks) == tuple(others):
            assert a.content is not None and b.content is not None
            return _cosines(a.content[one].swapaxes(1, 2), b.content[two].swapaxes(1, 2))
        if not a.sides:
            return np.zeros((len(one), 0), np.float32)
        return _cosines(a.sides["motion"][one], b.sides["sight"][two])


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[n, ... T T] of vectors [n, ..., T, D]."""
    a, b = (v.astype(np.float32) for v in (a, b))
    a, b = (v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-6) for v in (a, b))
    found: np.ndarray = (a @ b.swapaxes(-1, -2)).reshape(len(a), -1)
    return found
