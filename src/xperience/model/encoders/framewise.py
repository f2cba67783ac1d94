"""What the encoders of per-frame numbers share: tokens from the frames of a block, with their validity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, Features, perceptron
from xperience.model.encoders.span import Span
from xperience.model.tokens import Tokens

QUICKEST_S = 0.01
"""Frames nearer than this have no speed worth telling."""


class Framewise(Encoder):
    """Features of all frames of a token side by side, then a perceptron.

    Args:
        numbers: stream to features of one frame.
    """

    def __init__(self, config: ModelConfig, streams: tuple[str, ...], numbers: dict[str, int]) -> None:
        super().__init__()
        self.config, self.streams = config, streams
        self.tokens = {s: min(config.motion_tokens, config.per_block(s)) for s in streams}
        self.frames = {s: config.per_block(s) // self.tokens[s] for s in streams}
        self.channels = {s: self.frames[s] * numbers[s] for s in streams}
        self.enter = nn.ModuleDict(self._layers(config))
        self.scaled()
        self.within = nn.ParameterDict({s: nn.Parameter(torch.empty(self.tokens[s], config.width)) for s in streams})

    def _layers(self, config: ModelConfig) -> dict[str, nn.Module]:
        return {s: perceptron(self.channels[s] + self.frames[s], config.width) for s in self.streams}

    def reset_parameters(self) -> None:
        for place in self.within.values():
            nn.init.normal_(place, std=0.02)

    def told(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Features [B, T per_block, numbers] of each frame, about one in size, and which of them are valid."""
        raise NotImplementedError

    def features(self, span: Span, stream: str) -> Features:
        values, valid = self.told(span, stream)
        one = span.slots(stream)
        frames, tokens = self.frames[stream], self.tokens[stream]
        used = frames * tokens
        per = self.config.per_block(stream)

        def cut(x: torch.Tensor) -> torch.Tensor:
            return x.unflatten(1, (span.blocks, per))[:, :, :used].flatten(1, 2).unflatten(1, (-1, frames))

        valid = cut(valid & one.valid[..., None]).flatten(2)
        return Features(
            self.scale(stream, cut(values.float()).flatten(2), valid), valid, valid.any(2), cut(one.times).mean(2),
            np.repeat(np.arange(span.blocks), tokens),
        )  # fmt: skip

    def forward(self, span: Span, streams: Sequence[str]) -> list[Tokens]:
        found = []
        for stream in streams:
            told = self.features(span, stream)
            frames = told.valid.unflatten(2, (self.frames[stream], -1)).any(-1)
            x = self.enter[self.layer(stream)](torch.cat([told.values, frames.to(told.values.dtype)], -1))
            place = self.within[stream].repeat(span.blocks, 1)[None]
            known = told.known & span.shown(stream)[:, None]
            found.append(Tokens(x, place, told.time, known, told.block, {stream: slice(0, x.shape[1])}))
        return found

    def layer(self, stream: str) -> str:
        """Whose perceptron reads a stream."""
        return stream


def speeds(values: torch.Tensor, valid: torch.Tensor, times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Change per second since the frame before: [B, N, ...] and [B, N, ...] valid, of arrays that have one frame more
    in front. `valid` is [B, N + 1, ...] and may have fewer axes than values, which then count as one."""
    seconds = (times[:, 1:] - times[:, :-1]).clamp(min=QUICKEST_S)
    both = valid[:, 1:] & valid[:, :-1]
    both = both.view(*both.shape, *[1] * (values.ndim - both.ndim)).expand_as(values[:, 1:])
    seconds = seconds.view(*seconds.shape, *[1] * (values.ndim - 2)).to(values.dtype)
    change = (values[:, 1:] - values[:, :-1]) / seconds
    return torch.where(both, change, torch.zeros((), dtype=change.dtype, device=change.device)), both
