"""Tokens: what an encoder gives and the trunk reads. B batch, N tokens, D width."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass
class Tokens:
    """Tokens of one or several streams.

    Attributes:
        x: [B, N, D]. time: [B, N] seconds from the window's first frame. known: [B, N] bool, carries data.
        block: [N] block of the window. places: stream to its slice of N.
    """

    x: torch.Tensor
    time: torch.Tensor
    known: torch.Tensor
    block: torch.Tensor
    places: dict[str, slice]

    def of(self, stream: str) -> slice:
        return self.places[stream]


def joined(parts: list[Tokens]) -> Tokens:
    """All side by side, in order."""
    places, at = {}, 0
    for part in parts:
        for stream, place in part.places.items():
            places[stream] = slice(at + place.start, at + place.stop)
        at += part.x.shape[1]
    return Tokens(
        torch.cat([p.x for p in parts], 1), torch.cat([p.time for p in parts], 1),
        torch.cat([p.known for p in parts], 1), torch.cat([p.block for p in parts]), places,
    )  # fmt: skip
