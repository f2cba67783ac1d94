"""All numbers of a model; plain data that is saved with its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class StreamShape:
    """How a stream stands in a batch: slots in the window, shape of a sample, seconds from slot to slot."""

    slots: int
    shape: tuple[int, ...]
    step_s: float


@dataclass(frozen=True)
class ModelConfig:
    """See `sizes.size` for the dial that makes most of it.

    Attributes:
        name: of the size. width, layers, heads, kv_heads: of the trunk. stem: "conv" or "patch" for pictures.
        grid: picture tokens a side for each view and block. readouts: R of each block.
        block_s, window_s, context_s, horizon_s: seconds of a block, a window, what attention reaches back, forecasts.
        text_width, text_layers, writer_layers, vocabulary: of the language encoder and decoder.
        streams: by name; those the model has encoders for.
    """

    name: str = "nano"
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    stem: str = "conv"
    grid: int = 2
    readouts: int = 4
    block_s: float = 0.25
    window_s: float = 1.0
    context_s: float = 8.0
    horizon_s: float = 1.0
    text_width: int = 128
    text_layers: int = 1
    writer_layers: int = 2
    vocabulary: int = 2048
    streams: dict[str, StreamShape] = field(default_factory=dict)

    @property
    def blocks(self) -> int:
        """Blocks of a window."""
        return max(1, round(self.window_s / self.block_s))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        streams = {n: StreamShape(s["slots"], tuple(s["shape"]), s["step_s"]) for n, s in values["streams"].items()}
        return cls(**(values | {"streams": streams}))
