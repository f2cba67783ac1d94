"""Masked multimodal modelling: say what the hidden tokens hold, from all that is left.

Pictures, sound and depth are asked for as the teacher sees them (latent, layer-normalised, smooth L1), because their
signal is full of what nobody needs to know. Pose, hands, body and IMU are asked for as the numbers that they are.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.prepare.streams import STREAMS
from xperience.pretrain.objectives.losses import head, term, touch
from xperience.pretrain.step import Step, Term

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
            mine = state.tokens.of(stream)
            asked = step.hidden[stream] & target.tokens.known[:, mine]
            guess = predict(state.x[:, mine])
            if STREAMS[stream].modality in LATENT:
                wanted = F.layer_norm(target.x[:, mine].float(), target.x.shape[-1:])
                loss = F.smooth_l1_loss(guess.float(), wanted, reduction="none").mean(-1)
            else:
                wanted, valid = step.model.targets(step.batch, stream)
                wanted = torch.where(valid, wanted, torch.zeros_like(wanted)).float()
                each = F.smooth_l1_loss(guess.float(), wanted, reduction="none") * valid
                loss = each.sum(-1) / valid.sum(-1).clamp(min=1)
                asked = asked & valid.any(-1)
            found = term(loss, asked)
            terms[stream] = Term(found.total + touch([predict]), found.count)
        return terms
