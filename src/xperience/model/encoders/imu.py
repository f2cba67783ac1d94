"""The IMU at its own rate: patches of an eighth of a second, by their true times."""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, mlp, part_of
from xperience.model.encoders.gridded import grid, patches
from xperience.pretrain.batch import Batch

RATE_HZ, PATCH = 200.0, 25
SCALE = (0.1, 0.1, 0.1, 0.5, 0.5, 0.5)
"""Per m/s2 and per rad/s."""


class Imu(Encoder):
    def __init__(self, config: ModelConfig, stream: str) -> None:
        super().__init__()
        self.stream, self.config = stream, config
        self.count = round(config.window_s * RATE_HZ)
        self.channels = PATCH * 6
        self.enter = mlp(PATCH * 7, config.width)

    def features(self, batch: Batch, part: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one = part_of(batch, self.stream, part)
        values = one.values.float() * torch.tensor(SCALE, device=one.values.device)
        laid, filled = grid(values, one.times, one.valid, 1 / RATE_HZ, self.count)
        time, block = patches(self.count, PATCH, 1 / RATE_HZ, self.config, laid.device)
        there = filled[..., None].expand_as(laid)
        return (
            laid.unflatten(1, (-1, PATCH)).flatten(2),
            there.unflatten(1, (-1, PATCH)).flatten(2),
            time.expand(len(laid), -1),
            block,
        )

    def forward(self, features: torch.Tensor, there: torch.Tensor, batch: Batch) -> torch.Tensor:
        shown = there.unflatten(2, (PATCH, 6)).any(-1).to(features.dtype)
        found: torch.Tensor = self.enter(torch.cat([features, shown], -1))
        return found


def build(config: ModelConfig, stream: str) -> nn.Module:
    return Imu(config, stream)
