"""Camera pose: where the headset moves and turns, told in the block's heading frame.

Each frame: velocity, orientation as two axes of the rotation (6-D, Zhou et al. 2019), its turn since the frame before as
two more, gravity as the headset sees it, and height.
"""

from __future__ import annotations

import torch

from xperience.model.config import ModelConfig
from xperience.model.encoders.framewise import Framewise, speeds
from xperience.model.encoders.span import Span

EYES_M = 1.5
"""About the height of a standing person's eyes; heights are told from there."""

NUMBERS = 3 + 6 + 6 + 3 + 1


class Encoder(Framewise):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__(config, streams, {"pose": NUMBERS})

    def told(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        one = span.with_lead(stream)
        R = span.heading.repeat_interleave(self.config.per_block(stream), 1)
        velocity, both = speeds(one.values[..., 3].double(), one.valid, one.times)
        velocity = (R @ velocity.float()[..., None])[..., 0]
        turn = one.values[..., :3].float()
        now, before = turn[:, 1:], turn[:, :-1]
        axes = (R @ now)[..., 1:].transpose(-1, -2).flatten(2)
        seconds = (one.times[:, 1:] - one.times[:, :-1]).clamp(min=0.01).float()[..., None, None]
        spin = (before.transpose(-1, -2) @ now - torch.eye(3, device=now.device))[..., 1:] / seconds
        spin = spin.transpose(-1, -2).flatten(2)
        down = -now[..., 2, :]  # world -z as the headset sees it
        height = (one.values[:, 1:, 2, 3:].float() - EYES_M).clamp(-3, 3)
        there = one.valid[:, 1:, None]
        valid = [both, there.expand_as(axes), both[..., :1].expand_as(spin), there.expand_as(down), there]
        return torch.cat([velocity, axes, spin, down, height], -1), torch.cat(valid, -1)
