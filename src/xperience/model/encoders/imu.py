"""The IMU at its own rate, by its true times: what falls between two slots of 200 Hz is averaged, gaps stay gaps."""

from __future__ import annotations

import torch

from xperience.model.config import ModelConfig
from xperience.model.encoders.gridded import Gridded

STEP_S = 1 / 200
SCALE = (0.1, 0.1, 0.1, 0.5, 0.5, 0.5)
"""Per m/s2 and per rad/s."""


class Encoder(Gridded):
    def __init__(self, config: ModelConfig, streams: tuple[str, ...]) -> None:
        super().__init__(config, streams[0], config.imu_tokens, STEP_S, 6)

    def told(self, values: torch.Tensor) -> torch.Tensor:
        return values.float() * torch.tensor(SCALE, device=values.device)
