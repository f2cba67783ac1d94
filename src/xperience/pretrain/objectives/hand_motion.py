"""Hand-motion forecasting: where will both hands be, up to a second ahead?

Displacements of all joints since the window's last frame, metres, in the left stereo camera as stored. The loss is the
mean joint distance, the unit in which forecasts are judged.
"""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.prepare.batch import Batch
from xperience.pretrain.objectives.curves import Curves, recent
from xperience.pretrain.objectives.losses import pooled, pooled_width, term, touch
from xperience.pretrain.step import Step, Term

SIDES = ("hand_left", "hand_right")
SCALE_M = 0.1
WEIGHT = 10.0
"""Loss of a decimetre of error is 1, of the order of the other losses."""


class HandMotion(nn.Module):
    """See the module."""

    name = "hand_motion"
    needs = SIDES

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.curves = Curves(pooled_width(config.width, config.readouts), 126, config.horizon_s, SCALE_M)

    def predict(self, feature: torch.Tensor, batch: Batch, times: torch.Tensor) -> torch.Tensor:
        """[B, Q, 2, 21, 3] displacement at times [B, Q] seconds after the window's last frame."""
        clock = batch.streams[SIDES[0]].times[:, : batch.frames]
        values = torch.stack([batch.streams[side].values[:, : batch.frames] for side in SIDES], 2).float()
        valid = torch.stack([batch.streams[side].valid[:, : batch.frames] for side in SIDES], 2)
        speeds, known = recent(values, valid, clock)
        return self.curves(feature, times, speeds.flatten(2), known.flatten(2)).view(*times.shape, 2, 21, 3)

    def forward(self, step: Step) -> dict[str, Term]:
        batch = step.batch
        last, tracked = observed(batch)
        times, ahead, valid = futures(batch)
        guess = self.predict(pooled(step.masked), batch, times)
        away = (guess - (ahead - last[:, None])).norm(dim=-1).mean(-1) * WEIGHT  # [B, Q, 2]
        found = term(away, valid & tracked[:, None])
        return {"mpjpe": Term(found.total + touch([self]), found.count)}


def observed(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Last joints [B, 2, 21, 3], and [B, 2] whether they are tracked."""
    end = batch.frames - 1
    values = torch.stack([batch.streams[side].values[:, end] for side in SIDES], 1).float()
    return values, torch.stack([batch.streams[side].valid[:, end] for side in SIDES], 1)


def futures(batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Times after the last frame [B, H], joints [B, H, 2, 21, 3] and valid [B, H, 2] of the span behind the window."""
    span = slice(batch.frames, batch.frames + batch.future)
    times = batch.streams[SIDES[0]].times
    values = torch.stack([batch.streams[side].values[:, span] for side in SIDES], 2).float()
    valid = torch.stack([batch.streams[side].valid[:, span] for side in SIDES], 2)
    return (times[:, span] - times[:, batch.frames - 1, None]).float(), values, valid
