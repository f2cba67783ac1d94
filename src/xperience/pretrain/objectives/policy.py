"""Policy-style targets: the next half second of the wearer's motion as an action chunk.

A chunk is what a policy would have to output: framewise steps of both wrists and five fingertips of each hand in the
left stereo camera, metres, for the next frames (chunking after Zhao et al. 2023). Optional; weight 0 leaves it out.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.pretrain.objectives.hand_motion import futures, observed
from xperience.pretrain.objectives.losses import head, pooled, pooled_width, term, touch
from xperience.pretrain.step import Step, Term

POINTS = (0, 4, 8, 12, 16, 20)
"""Wrist and fingertips in the hand's 21 joints."""

FRAMES = 10
STEP_M = 0.02
"""Unit of a step: 0.4 m/s at 20 frames a second."""


class Policy(nn.Module):
    """See the module."""

    name = "policy"
    needs = ("hand_left", "hand_right")

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.chunk = head(pooled_width(config.width, config.readouts), FRAMES * 2 * len(POINTS) * 3)

    def predict(self, feature: torch.Tensor) -> torch.Tensor:
        """[B, FRAMES, 2, points, 3] steps in metres."""
        found: torch.Tensor = self.chunk(feature).float().view(len(feature), FRAMES, 2, len(POINTS), 3) * STEP_M
        return found

    def forward(self, step: Step) -> dict[str, Term]:
        last, tracked = observed(step.batch)
        _, ahead, valid = futures(step.batch)
        points = torch.cat([last[:, None], ahead], 1)[:, : FRAMES + 1, :, list(POINTS)]
        known = torch.cat([tracked[:, None], valid], 1)[:, : FRAMES + 1]
        wanted, both = points.diff(dim=1), known[:, 1:] & known[:, :-1]
        guess = self.predict(pooled(step.masked))[:, : wanted.shape[1]]
        loss = F.smooth_l1_loss(guess / STEP_M, wanted / STEP_M, reduction="none").mean((-1, -2))
        found = term(loss, both)
        return {"chunk": Term(found.total + touch([self]), found.count)}
