"""What sound and IMU share: samples with a clock of their own, by their true times, in patches that end with their block."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, Features, perceptron
from xperience.model.encoders.span import Span
from xperience.model.tokens import Tokens


class Gridded(Encoder):
    """`tokens` patches a block of slots of `step_s`, each with `numbers` features."""

    def __init__(self, config: ModelConfig, stream: str, tokens: int, step_s: float, numbers: int) -> None:
        super().__init__()
        self.streams, self.tokens, self.step_s = (stream,), tokens, step_s
        self.slots = ceil(ceil(config.block_s / step_s - 1e-9) / tokens)
        self.channels = {stream: self.slots * numbers}
        self.enter = perceptron(self.slots * (numbers + 1), config.width)
        self.scaled()
        self.within = nn.Parameter(torch.empty(tokens, config.width))

    def reset_parameters(self) -> None:
        nn.init.normal_(self.within, std=0.02)

    def told(self, values: torch.Tensor) -> torch.Tensor:
        """[B, N, numbers] of samples as they are in the batch."""
        raise NotImplementedError

    def laid(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        """What the slots of each block hold [B, T, slots tokens, numbers], and [B, T, slots tokens] which hold anything."""
        laid, count = span.gridded(stream, self.told(span.slots(stream).values), self.step_s, self.slots * self.tokens)
        return laid, count > 0

    def features(self, span: Span, stream: str) -> Features:
        laid, filled = self.laid(span, stream)
        values = laid.unflatten(2, (self.tokens, -1)).flatten(1, 2)
        valid = filled.unflatten(2, (self.tokens, -1)).flatten(1, 2)
        middle = (torch.arange(self.tokens, device=laid.device, dtype=torch.float64) + 0.5) * self.slots * self.step_s
        time = (span.start[..., None] + middle).flatten(1)
        each = valid[..., None].expand_as(values).flatten(2)
        return Features(
            self.scale(stream, values.flatten(2), each), each, valid.any(2), time,
            np.repeat(np.arange(span.blocks), self.tokens),
        )  # fmt: skip

    def entered(self, span: Span, told: Features) -> torch.Tensor:
        """[B, N, D] of what the tokens stand for."""
        filled = told.valid.unflatten(2, (self.slots, -1))[..., 0]
        found: torch.Tensor = self.enter(torch.cat([told.values, filled.to(told.values.dtype)], -1))
        return found

    def forward(self, span: Span, streams: Sequence[str]) -> list[Tokens]:
        (stream,) = streams
        told = self.features(span, stream)
        x = self.entered(span, told)
        place = self.within.repeat(span.blocks, 1)[None]
        known = told.known & span.shown(stream)[:, None]
        return [Tokens(x, place, told.time, known, told.block, {stream: slice(0, x.shape[1])})]
