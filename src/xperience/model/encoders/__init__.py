"""Encoders: one file a modality, each from a batch's streams to tokens.

Everything is local to a block of time: features are told in the block's own heading frame and differences stay inside
it. So windows can be fed one after another and give what one pass over all of them gives.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.prepare.streams import STREAMS
from xperience.pretrain.batch import Batch, StreamBatch


class Encoder(nn.Module):
    """What all encoders have.

    Attributes:
        stream: which one it reads; the six views have one encoder each over shared weights.
        channels: numbers that one token stands for, where they are regressed directly.
    """

    stream: str
    channels: int = 0

    def features(self, batch: Batch, part: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Features [B, N, C], how many of them are valid [B, N, C] bool, times [B, N] and blocks [N] of the tokens."""
        raise NotImplementedError

    def forward(self, features: torch.Tensor, there: torch.Tensor, batch: Batch) -> torch.Tensor:
        """[B, N, D] from features and which of them are there."""
        raise NotImplementedError


def part_of(batch: Batch, stream: str, part: str) -> StreamBatch:
    """The slots of the window or of the future, the latter with times from its own first frame."""
    one = batch.streams[stream]
    if part == "window":
        place, zero = slice(0, one.slots), 0.0
    else:
        place, zero = slice(one.slots, None), batch.seconds
    return StreamBatch(one.values[:, place], one.times[:, place] - zero, one.valid[:, place], one.presence, one.slots)


def build(config: ModelConfig) -> nn.ModuleDict:
    """An encoder for each stream of the config."""
    built = {}
    for stream in config.streams:
        module = import_module(f"{__name__}.{STREAMS[stream].modality}")
        built[stream] = cast(nn.Module, module.build(config, stream))
    return nn.ModuleDict(built)


def mlp(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.GELU(), nn.Linear(outputs, outputs))


def blocked(values: torch.Tensor, blocks: int) -> torch.Tensor:
    """[B, N, ...] as [B, blocks, N / blocks, ...]; what does not fill a block is cut."""
    each = values.shape[1] // blocks
    return values[:, : blocks * each].unflatten(1, (blocks, each))
