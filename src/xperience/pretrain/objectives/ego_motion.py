"""Ego-motion forecasting: where will headset and pelvis be, and where will the wearer look?

Displacements since the window's last frame in the gravity-aligned heading frame of its first, metres; turns as the
change of the forward and up axes.
"""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.heading import heading
from xperience.prepare.batch import Batch
from xperience.pretrain.objectives.curves import Curves, recent
from xperience.pretrain.objectives.losses import pooled, pooled_width, term, touch
from xperience.pretrain.step import Step, Term

SCALE_M = 0.2
WEIGHT = 5.0


class EgoMotion(nn.Module):
    """See the module. Outputs: headset 3, its forward and down axes 6, pelvis 3."""

    name = "ego_motion"
    needs = ("pose", "body")

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.curves = Curves(pooled_width(config.width, config.readouts), 12, config.horizon_s, SCALE_M)

    def predict(self, feature: torch.Tensor, batch: Batch, times: torch.Tensor) -> torch.Tensor:
        """[B, Q, 12] changes at times [B, Q] seconds after the window's last frame, heading frame."""
        states, valid = self.states(batch)
        shown = slice(0, batch.frames)
        speeds, known = recent(states[:, shown], valid[:, shown], batch.streams["pose"].times[:, shown])
        return self.curves(feature, times, speeds, known)

    def forward(self, step: Step) -> dict[str, Term]:
        batch = step.batch
        states, valid = self.states(batch)
        end, span = batch.frames - 1, slice(batch.frames, batch.frames + batch.future)
        clock = batch.streams["pose"].times
        times = (clock[:, span] - clock[:, end, None]).float()
        guess = self.predict(pooled(step.masked), batch, times)
        wanted = states[:, span] - states[:, end, None]
        known = valid[:, span] & valid[:, end, None]
        zero = touch([self])
        terms = {}
        for name, part in (("headset", slice(0, 3)), ("turn", slice(3, 9)), ("pelvis", slice(9, 12))):
            away = (guess[..., part] - wanted[..., part]).norm(dim=-1) * WEIGHT
            found = term(away, known[..., part].all(-1))
            terms[name] = Term(found.total + zero, found.count)
        return terms

    @staticmethod
    def states(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, N, 12] of the frames in the heading frame about the first pose, and [B, N, 12] which are known."""
        pose, body = batch.streams["pose"], batch.streams["body"]
        R = heading(pose.values[:, : batch.frames], pose.valid[:, : batch.frames])
        origin = pose.values[:, :1, :, 3]
        place = torch.einsum("bij,bnj->bni", R, (pose.values[..., 3] - origin).float())
        axes = torch.einsum("bij,bnjk->bnki", R, pose.values[..., 1:3].float()).flatten(2)
        pelvis = torch.einsum("bij,bnj->bni", R, (body.values[:, :, 0] - origin).float())
        n = min(place.shape[1], pelvis.shape[1])
        known = torch.cat([pose.valid[:, :n, None].expand(-1, -1, 9), body.valid[:, :n, None].expand(-1, -1, 3)], -1)
        return torch.cat([place[:, :n], axes[:, :n], pelvis[:, :n]], -1), known
