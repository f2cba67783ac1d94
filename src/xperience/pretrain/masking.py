"""What the student does not see, drawn from each sample's own seed: ranks, workers and restarts change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xperience.prepare.streams import STREAMS
from xperience.pretrain.config import Masking

SPARSE = 0.8
"""Chance that a stream goes where most of them do."""


@dataclass(frozen=True)
class Masks:
    """Attributes: hidden: stream to [B, N] bool. dropped: [B, S] bool, registry order. dropped_language: [B] bool.

    light: view to [B, 2, 3] float32, what its colours are multiplied with and what is added (1: full scale).
    """

    hidden: dict[str, np.ndarray]
    dropped: np.ndarray
    dropped_language: np.ndarray
    light: dict[str, np.ndarray]


def draw(seeds: np.ndarray, times: Mapping[str, np.ndarray], options: Masking) -> Masks:
    """Masks of samples with seeds [B] uint64.

    Args:
        times: stream to [N] seconds of its tokens from the window's start; tokens of one time and place in the same
            stretch go together, a stretch being about `options.span_s` long.
    """
    hidden = {stream: np.zeros((len(seeds), len(t)), bool) for stream, t in times.items()}
    dropped = np.zeros((len(seeds), len(STREAMS)), bool)
    language = np.zeros(len(seeds), bool)
    views = [name for name in hidden if STREAMS[name].modality == "video"] if options.light else []
    light = {view: np.zeros((len(seeds), 2, 3), np.float32) for view in views}
    chance = np.array([options.drop_contacts if name == "contacts" else options.drop for name in STREAMS])
    for row, seed in enumerate(seeds):
        draws = np.random.Generator(np.random.Philox(key=int(seed)))
        sparse = draws.random() < options.sparse
        dropped[row] = draws.random(len(STREAMS)) < (np.maximum(chance, SPARSE) if sparse else chance)
        language[row] = draws.random() < options.drop_language
        for stream, shape in hidden.items():
            at = np.floor((times[stream] + draws.random() * options.span_s) / options.span_s).astype(int)
            stretch = draws.random(at.max() + 1 if len(at) else 0) < options.hide
            # half of what is hidden goes by stretches, half token by token: both gaps and holes are learnt
            single = draws.random(shape.shape[1]) < options.hide
            by_stretch = draws.random() < 0.5
            shape[row] = stretch[at] if by_stretch else single
        lamp = (
            draws.uniform(-1, 1, (2, 3)) * options.light
        )  # one lamp lights all views, each camera sees it its own way
        for view in views:
            light[view][row] = lamp + draws.uniform(-1, 1, (2, 3)) * options.light / 3 + [[1], [0]]
    return Masks(hidden, dropped, language, light)
