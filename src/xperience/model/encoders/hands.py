"""Hands: wrist in the left stereo camera, joints about the wrist, and how fast both move. Both hands share weights."""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.encoders import perceptron
from xperience.model.encoders.framewise import Framewise, speeds
from xperience.model.encoders.span import Span

PER_METRE, JOINTS_PER_METRE = 2.0, 10.0
"""A wrist is half a metre away, a joint a decimetre from it."""

NUMBERS = 2 * 63


class Encoder(Framewise):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__(config, streams, dict.fromkeys(streams, NUMBERS))

    def _layers(self, config: ModelConfig) -> dict[str, nn.Module]:
        first = self.streams[0]
        return {"hand": perceptron(self.channels[first] + self.frames[first], config.width)}

    def layer(self, stream: str) -> str:
        return "hand"

    def told(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        one = span.with_lead(stream)
        values = one.values.float()
        wrist, fingers = values[:, :, 0], values[:, :, 1:] - values[:, :, :1]
        if stream == "hand_left":  # mirrored, so that both hands look alike
            mirror = torch.tensor([-1.0, 1.0, 1.0], device=values.device)
            wrist, fingers = wrist * mirror, fingers * mirror
        speed, both = speeds(wrist, one.valid, one.times)
        quick, both_fingers = speeds(fingers.flatten(2), one.valid, one.times)
        there = one.valid[:, 1:, None]
        told = [wrist[:, 1:] * PER_METRE, fingers[:, 1:].flatten(2) * JOINTS_PER_METRE, speed, quick * PER_METRE]
        valid = [there.expand(-1, -1, 3), there.expand(-1, -1, 60), both, both_fingers]
        return torch.cat(told, -1), torch.cat(valid, -1)
