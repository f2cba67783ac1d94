"""Tokens: what an encoder gives and the trunk reads. B batch, N tokens, D width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch


@dataclass
class Tokens:
    """Tokens of one or several streams.

    Attributes:
        x: [B, N, D] what they hold. place: [B or 1, N, D] where they belong, also when what they hold is hidden.
        time: [B, N] float64 seconds from the window's first frame. known: [B, N] bool, carries data that we may use.
        block: [N] block of the window, an array of the host: it depends on the config alone.
        places: stream to its slice of N; the map's tokens have no name.
    """

    x: torch.Tensor
    place: torch.Tensor
    time: torch.Tensor
    known: torch.Tensor
    block: np.ndarray
    places: dict[str, slice]

    def of(self, stream: str) -> slice:
        return self.places[stream]


def joined(parts: Sequence[Tokens]) -> Tokens:
    """All side by side, in order."""
    places, at = {}, 0
    batch = max(len(p.x) for p in parts)
    for part in parts:
        for stream, place in part.places.items():
            places[stream] = slice(at + place.start, at + place.stop)
        at += part.x.shape[1]
    return Tokens(
        torch.cat([p.x for p in parts], 1),
        torch.cat([p.place.expand(batch, -1, -1) for p in parts], 1),
        torch.cat([p.time for p in parts], 1),
        torch.cat([p.known for p in parts], 1),
        np.concatenate([p.block for p in parts]),
        places,
    )
