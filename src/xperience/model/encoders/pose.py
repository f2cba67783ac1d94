"""Camera pose: where the headset moves and turns, told in the block's heading frame.

Each frame: velocity (m/s), the headset's orientation as the two axes of a 6-D rotation (Zhou et al. 2019), its framewise
turn as another, gravity in the headset, and height.
"""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders.framewise import Framewise, block_heading, steps
from xperience.pretrain.batch import Batch

RATE_HZ = 20.0
EYES_M = 1.5
"""About the height of a standing person's eyes; heights are told from there."""


class Pose(Framewise):
    def told(self, values: torch.Tensor, valid: torch.Tensor, batch: Batch, part: str) -> torch.Tensor:
        values = values.float()
        R = block_heading(batch, self.blocks, part)
        place = torch.einsum("btij,btfj->btfi", R, values[..., 3] - values[:, :, :1, :, 3])
        turn = torch.einsum("btij,btfjk->btfik", R, values[..., :3])
        axes = turn[..., 1:].transpose(-1, -2).flatten(3)
        before = torch.cat([values[:, :, :1, :, :3], values[:, :, :-1, :, :3]], 2)
        spin = (before.transpose(-1, -2) @ values[..., :3] - torch.eye(3, device=values.device))[..., 1:]
        spin = spin.transpose(-1, -2).flatten(3) * RATE_HZ
        down = -values[..., 2, :3]  # world -z seen from the headset
        height = values[..., 2:3, 3] - EYES_M
        return torch.cat([steps(place, valid) * RATE_HZ, axes, spin, down, height.clamp(-3, 3)], -1)


def build(config: ModelConfig, stream: str) -> nn.Module:
    return Pose(config, stream, 3 + 6 + 6 + 3 + 1)
