"""What the encoders of per-frame numbers share: a token a block from its frames, with their validity."""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders import Encoder, blocked, mlp, part_of
from xperience.model.heading import heading
from xperience.pretrain.batch import Batch


class Framewise(Encoder):
    """A token a block: features of all its frames side by side, then a perceptron.

    Args:
        numbers: features of one frame.
    """

    def __init__(self, config: ModelConfig, stream: str, numbers: int) -> None:
        super().__init__()
        self.stream, self.blocks = stream, config.blocks
        self.per_block = config.streams[stream].slots // config.blocks
        self.channels = self.per_block * numbers
        self.enter: nn.Module = mlp(self.channels + self.per_block, config.width)

    def told(self, values: torch.Tensor, valid: torch.Tensor, batch: Batch, part: str) -> torch.Tensor:
        """Features [B, T, F, numbers] of values [B, T, F, ...] with valid [B, T, F]; about one in size."""
        raise NotImplementedError

    def features(self, batch: Batch, part: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one = part_of(batch, self.stream, part)
        values, valid = blocked(one.values, self.blocks), blocked(one.valid, self.blocks)
        found = self.told(values, valid, batch, part).float()
        found = torch.where(valid[..., None], found, torch.zeros_like(found))
        there = valid[..., None].expand_as(found).flatten(2)
        time = blocked(one.times, self.blocks).mean(2)
        return found.flatten(2), there, time, torch.arange(self.blocks, device=time.device)

    def forward(self, features: torch.Tensor, there: torch.Tensor, batch: Batch) -> torch.Tensor:
        numbers = self.channels // self.per_block
        shown = there.unflatten(2, (self.per_block, numbers)).any(-1).to(features.dtype)
        found: torch.Tensor = self.enter(torch.cat([features, shown], -1))
        return found


def block_heading(batch: Batch, blocks: int, part: str) -> torch.Tensor:
    """R_heading_world [B, T, 3, 3] of each block; the identity where the pose is unknown or not in the batch."""
    if "pose" not in batch.streams:
        count = len(batch.k)
        return torch.eye(3, device=batch.weight.device).expand(count, blocks, 3, 3)
    one = part_of(batch, "pose", part)
    values, valid = blocked(one.values, blocks).flatten(0, 1), blocked(one.valid, blocks).flatten(0, 1)
    return heading(values, valid).view(-1, blocks, 3, 3)


def steps(values: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """Change since the frame before, inside the block; 0 at its first and where either frame is invalid."""
    change = torch.zeros_like(values)
    both = (valid[:, :, 1:] & valid[:, :, :-1]).view(*valid.shape[:2], -1, *[1] * (values.ndim - 3))
    change[:, :, 1:] = (values[:, :, 1:] - values[:, :, :-1]) * both
    return change
