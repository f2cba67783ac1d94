"""The IMU at its own rate, by its true times, in slots of 200 Hz.

What falls into one slot is averaged; slots between the samples of a slower IMU get what lies between these, so that one
motion gives about the same tokens at 50, 100 and 200 Hz. Gaps stay gaps.
"""

from __future__ import annotations

import torch

from xperience.model.config import ModelConfig
from xperience.model.encoders.coarse import between
from xperience.model.encoders.gridded import Gridded
from xperience.model.encoders.span import Span

STEP_S = 1 / 200
SCALE = (0.1, 0.1, 0.1, 0.5, 0.5, 0.5)
"""Per m/s2 and per rad/s."""


class Encoder(Gridded):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__(config, streams[0], config.imu_tokens, STEP_S, 6)

    def told(self, values: torch.Tensor) -> torch.Tensor:
        return values.float() * torch.tensor(SCALE, device=values.device)

    def laid(self, span: Span, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        one = span.slots(stream)
        timed = torch.cat([self.told(one.values), one.times[..., None].float()], -1)
        laid, count = span.gridded(stream, timed, self.step_s, self.slots * self.tokens)
        return between(laid[..., :-1], laid[..., -1].double() - span.start[..., None], count, self.step_s)
