"""The body about its pelvis in the block's heading frame, its motion, and the contacts of its joints."""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders.framewise import Framewise, block_heading, steps
from xperience.model.encoders.pose import RATE_HZ
from xperience.pretrain.batch import Batch

POINTS = 22
"""Joints of the body proper; those of the hands follow them."""

PER_METRE = 2.0


class Body(Framewise):
    def told(self, values: torch.Tensor, valid: torch.Tensor, batch: Batch, part: str) -> torch.Tensor:
        values = values.float()
        R = block_heading(batch, self.blocks, part)
        root = values[..., 0, :]
        about = torch.einsum("btij,btfkj->btfki", R, values[..., 1:, :] - root[..., None, :])
        moved = torch.einsum("btij,btfj->btfi", R, steps(root, valid)) * RATE_HZ
        quick = steps(about[..., : POINTS - 1, :].flatten(3), valid) * RATE_HZ
        return torch.cat([about.flatten(3) * PER_METRE, moved, quick, root[..., 2:] - 0.9], -1)


class Contacts(Framewise):
    def told(self, values: torch.Tensor, valid: torch.Tensor, batch: Batch, part: str) -> torch.Tensor:
        return values.float() * 2 - 1


def build(config: ModelConfig, stream: str) -> nn.Module:
    if stream == "contacts":
        return Contacts(config, stream, 21)
    return Body(config, stream, 51 * 3 + 3 + (POINTS - 1) * 3 + 1)
