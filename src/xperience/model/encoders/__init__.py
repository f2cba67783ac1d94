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
