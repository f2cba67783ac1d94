"""Masked multimodal modelling: say what the hidden tokens hold, from all that is left.

Pictures, sound and depth are asked for as the teacher sees them (latent, layer-normalised, smooth L1), because their
signal is full of what nobody needs to know. Pose, hands, body and IMU are asked for as the numbers that they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.prepare.streams import STREAMS
from xperience.pretrain.objectives.losses import head, term, touch
from xperience.pretrain.step import Step, Term

if TYPE_CHECKING:
    from xperience.model.model import State, XperienceModel
    from xperience.prepare.batch import Batch

LATENT = ("video", "audio", "depth")
"""Modalities whose target is the teacher's view."""


class Masked(nn.Module):
    """See the module.

    Args:
        config: of the model. channels: numbers that one token of each directly regressed stream stands for.
    """

    name = "masked"

    def __init__(self, config: ModelConfig, channels: dict[str, int]) -> None:
        super().__init__()
        self.heads = nn.ModuleDict(
            {
                stream: head(config.width, config.width if STREAMS[stream].modality in LATENT else channels[stream])
                for stream in channels
                if channels[stream] or STREAMS[stream].modality in LATENT
            }
        )

    def forward(self, step: Step) -> dict[str, Term]:
        state, target = step.masked, step.target
        terms = {}
        for stream, predict in self.heads.items():
            guess, wanted, valid = self.told(stream, state, target, step.model, step.batch)
            loss = error(guess, wanted, valid)
            asked = step.hidden[stream] & target.tokens.known[:, target.tokens.of(stream)] & valid.any(-1)
            found = term(loss, asked)
            terms[stream] = Term(found.total + touch([predict]), found.count)
        return terms

    def told(
        self, stream: str, state: State, target: State, model: XperienceModel, batch: Batch
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What is said of each token [B, n, C], what is wanted, and [B, n, C] which of it is known."""
        guess = self.heads[stream](state.x[:, state.tokens.of(stream)]).float()
        if STREAMS[stream].modality in LATENT:
            seen = target.x[:, target.tokens.of(stream)].float()
            wanted = F.layer_norm(seen, seen.shape[-1:])
            return guess, wanted, torch.ones_like(wanted, dtype=torch.bool)
        wanted, valid = model.targets(batch, stream)
        return guess, torch.where(valid, wanted, torch.zeros_like(wanted)).float(), valid


def error(guess: torch.Tensor, wanted: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """[...] smooth L1 of each token, the mean over what is valid [..., C]."""
    each = F.smooth_l1_loss(guess, wanted, reduction="none") * valid
    return each.sum(-1) / valid.sum(-1).clamp(min=1)
