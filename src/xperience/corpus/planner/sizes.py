"""Model sizes as the planner sees them: parameters, and tokens for each recorded second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSize:
    """One size.

    Attributes:
        params: of the trunk, those that multiply every token.
        tokens_per_s: that the trunk reads for one recorded second, all streams present.
        source: where the two come from.
    """

    name: str
    params: float
    tokens_per_s: float
    source: str


TOKENS_PER_S = 4 * (6 * 16 + 8 + 4 + 1 + 2 + 2 + 2 + 4)
"""Blocks of 0.25 s with 16 tokens a view, 8 of depth, 4 of sound, 1 of pose, 2 each of hands, body, IMU, 4 read-outs."""


def _table() -> dict[str, ModelSize]:
    shapes = {  # layers, width: parameters are 12 layers width^2 (attention 4, gated MLP 8)
        "nano": (4, 128),
        "micro": (8, 384),
        "0.3b": (24, 1024),
        "1b": (24, 1856),
        "3b": (32, 2816),
        "7b": (36, 4032),
    }
    source = "planning table: 12 x layers x width^2 (no embeddings); {} layers, width {}; 476 tokens a second at 0.25 s blocks"
    return {
        name: ModelSize(name, 12.0 * layers * width**2, float(TOKENS_PER_S), source.format(layers, width))
        for name, (layers, width) in shapes.items()
    }


SIZES: dict[str, ModelSize] = _table()
"""Used where the model's own numbers are not given."""
