"""Tokens: what an encoder gives and the trunk reads. B batch, N tokens, D width."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch

MAP = "map"
"""Name of the tokens that tell where the map's points are: they need depth and pose."""


@dataclass
class Tokens:
    """Tokens of one or several streams.

    Attributes:
        x: [B, N, D] what they hold. place: [B or 1, N, D] where they belong, also when what they hold is hidden.
        time: [B, N] float64 seconds from the window's first frame. known: [B, N] bool, carries data that we may use.
        block: [N] block of the window, an array of the host: it depends on the config alone.
        places: stream to its slice of N; `MAP` and the model's language stand there too.
    """

    x: torch.Tensor
    place: torch.Tensor
    time: torch.Tensor
    known: torch.Tensor
    block: np.ndarray
    places: dict[str, slice]

    def of(self, stream: str) -> slice:
        return self.places[stream]

    def only(self, names: Collection[str]) -> Tokens:
        """Those of some streams, in the same order."""
        kept = {name: place for name, place in self.places.items() if name in names}
        if len(kept) == len(self.places):
            return self
        index = np.concatenate([np.zeros(0, np.int64), *(np.arange(p.start, p.stop) for p in kept.values())])
        rows = torch.from_numpy(index).to(self.x.device)
        places, at = {}, 0
        for name, place in kept.items():
            places[name] = slice(at, at + place.stop - place.start)
            at = places[name].stop
        return Tokens(
            self.x.index_select(1, rows), self.place.index_select(1, rows), self.time.index_select(1, rows),
            self.known.index_select(1, rows), self.block[index], places,
        )  # fmt: skip


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
