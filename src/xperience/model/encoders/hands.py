"""One hand: wrist in the left stereo camera, joints about the wrist, and how fast both move."""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders.framewise import Framewise, steps
from xperience.model.encoders.pose import RATE_HZ
from xperience.pretrain.batch import Batch

WRIST, JOINTS = 2.0, 10.0
"""Per metre: a wrist is half a metre away, a joint a decimetre from it."""


class Hand(Framewise):
    def told(self, values: torch.Tensor, valid: torch.Tensor, batch: Batch, part: str) -> torch.Tensor:
        values = values.float()
        wrist, joints = values[..., 0, :], values[..., 1:, :] - values[..., :1, :]
        return torch.cat(
            [
                wrist * WRIST, joints.flatten(3) * JOINTS, steps(wrist, valid) * RATE_HZ,
                steps(joints.flatten(3), valid) * RATE_HZ,
            ], -1,
        )  # fmt: skip


def build(config: ModelConfig, stream: str) -> nn.Module:
    return Hand(config, stream, 2 * 63)
