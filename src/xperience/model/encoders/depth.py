"""Depth and its confidence: patches of near-ness with what is valid, and rays; map points as one static token."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, blocked, mlp, part_of
from xperience.model.encoders.rays import patch_rays
from xperience.pretrain.batch import Batch

CELL = 8
NEAR_M = 0.3
"""Near-ness is 1 / (depth + this): a hand's breadth more matters at arm's length, not across the room."""


class Depth(Encoder):
    """Images are brought to `grid` cells of 8 pixels a side."""

    def __init__(self, config: ModelConfig, stream: str) -> None:
        super().__init__()
        self.stream, self.blocks, self.grid = stream, config.blocks, config.grid
        self.each = max(1, config.streams[stream].slots // config.blocks)
        self.channels = self.each * CELL * CELL
        self.enter = mlp(2 * self.channels, config.width)
        self.look = nn.Linear(4, config.width)

    def features(self, batch: Batch, part: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one = part_of(batch, self.stream, part)
        images = blocked(one.values, self.blocks)[:, :, : self.each].float()
        valid = blocked(one.valid, self.blocks)[:, :, : self.each]
        time = blocked(one.times, self.blocks)[:, :, : self.each].mean(2)
        B, T, E, H, W = images.shape
        there = (images > 0).float()
        told = (
            torch.where(images > 0, 1 / (images + NEAR_M), torch.zeros_like(images))
            if self.stream == "depth"
            else images / 255
        )
        side = self.grid * CELL
        small = F.adaptive_avg_pool2d(torch.stack([told, there], 3).view(B * T * E * 2, 1, H, W), side)
        small = small.view(B, T, E, 2, self.grid, CELL, self.grid, CELL).permute(0, 1, 4, 6, 2, 5, 7, 3)
        small = small.reshape(B, T * self.grid**2, self.channels, 2)
        cells = self.grid**2
        seen = (small[..., 1] > 0) & valid.any(2).repeat_interleave(cells, 1)[..., None]
        block = torch.arange(T, device=time.device).repeat_interleave(cells)
        return small[..., 0] * seen, seen, time.repeat_interleave(cells, 1), block

    def forward(self, features: torch.Tensor, there: torch.Tensor, batch: Batch) -> torch.Tensor:
        shown = there.to(features.dtype)
        tokens = self.enter(torch.cat([features, shown], -1)).unflatten(1, (self.blocks, -1))
        rays = self.look(patch_rays(batch, "stereo_left", self.grid).to(tokens.dtype))
        return (tokens + rays[:, None]).flatten(1, 2)


def build(config: ModelConfig, stream: str) -> nn.Module:
    return Depth(config, stream)
