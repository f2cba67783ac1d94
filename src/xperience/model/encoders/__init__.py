"""Encoders: one file a modality, each from a batch's streams to tokens.

What a token holds depends on its own block of time and, for framewise motion, on the frame before it. So windows can be
fed one after another and give what one pass over all of them gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast

import numpy as np
import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders.span import Span
from xperience.model.tokens import Tokens
from xperience.prepare.streams import STREAMS

FAR = 10.0
"""Bound of a number, in spreads: what hardly moved in training must not rule later."""

STILL = 0.05
"""Least spread: a number that never changes says nothing, however small its noise."""


@dataclass
class Features:
    """What a stream's tokens stand for, as numbers. C numbers a token, a function of the config alone.

    Attributes:
        values: [B, N, C] float32 about one in size, 0 where not valid. valid: [B, N, C] bool.
        known: [B, N] bool, has anything. time: [B, N] float64 seconds. block: [N].
    """

    values: torch.Tensor
    valid: torch.Tensor
    known: torch.Tensor
    time: torch.Tensor
    block: np.ndarray


class Encoder(nn.Module):
    """What all encoders have.

    Attributes:
        streams: those it reads. channels: numbers that one token of each stands for.
    """

    streams: tuple[str, ...]
    channels: dict[str, int]

    def scaled(self) -> None:
        """Gives each stream a mean and a spread of its numbers; 0 and 1 until `calibrate` measures them."""
        for stream, channels in self.channels.items():
            self.register_buffer(f"{stream}_mean", torch.zeros(channels))
            self.register_buffer(f"{stream}_spread", torch.ones(channels))

    def scale(self, stream: str, values: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """Values [B, N, C] about 0 and one in size, 0 where not valid."""
        mean, spread = self.get_buffer(f"{stream}_mean"), self.get_buffer(f"{stream}_spread")
        values = ((values - mean) / spread).clamp(-FAR, FAR)
        return torch.where(valid, values, torch.zeros((), dtype=values.dtype, device=values.device))

    def features(self, span: Span, stream: str) -> Features:
        """What the tokens of a stream stand for; targets where they are regressed directly."""
        raise NotImplementedError

    def forward(self, span: Span, streams: Sequence[str]) -> list[Tokens]:
        """Tokens of those of its streams that are asked for, in that order."""
        raise NotImplementedError


def build(config: ModelConfig) -> nn.ModuleDict:
    """An encoder for each modality of the config's streams."""
    by_modality: dict[str, list[str]] = {}
    for stream in STREAMS:
        if stream in config.streams:
            by_modality.setdefault(STREAMS[stream].modality, []).append(stream)
    built = {}
    for modality, streams in by_modality.items():
        module = import_module(f"{__name__}.{modality}")
        built[modality] = cast(nn.Module, module.Encoder(config, tuple(streams)))
    return nn.ModuleDict(built)


def perceptron(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.GELU(), nn.Linear(outputs, outputs))


@torch.no_grad()
def calibrate(encoder: Encoder, spans: Sequence[Span]) -> None:
    """Measures mean and spread of each number over the valid tokens of some spans."""
    for stream in encoder.streams:
        if f"{stream}_mean" not in dict(encoder.named_buffers()):
            continue
        mean, spread = encoder.get_buffer(f"{stream}_mean"), encoder.get_buffer(f"{stream}_spread")
        mean.zero_()
        spread.fill_(1.0)
        count, total, square = (torch.zeros(len(mean), dtype=torch.float64, device=mean.device) for _ in range(3))
        for span in spans:
            found = encoder.features(span, stream)
            values, valid = found.values.double().flatten(0, 1), found.valid.double().flatten(0, 1)
            count += valid.sum(0)
            total += (values * valid).sum(0)
            square += (values.square() * valid).sum(0)
        middle = total / count.clamp(min=1)
        variance = (square / count.clamp(min=1) - middle.square()).clamp(min=0)
        mean.copy_(middle)
        spread.copy_(torch.where(count > 1, variance.sqrt().clamp(min=STILL), torch.ones_like(variance)))
