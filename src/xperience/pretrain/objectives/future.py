"""Future-state prediction: what will the teacher see in the second behind the window?

The teacher's readouts of the span behind the window, layer-normalised, are predicted block by block from the window
alone. Copying the last block's readouts is the baseline that the collapse panel holds against it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.config import ModelConfig
from xperience.pretrain.objectives.losses import head, pooled, pooled_width, term, touch
from xperience.pretrain.step import Step, Term


class Future(nn.Module):
    """See the module."""

    name = "future"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.wide = config.width * config.readouts
        inputs = pooled_width(config.width, config.readouts)
        self.blocks = config.blocks
        self.predict = head(inputs, self.blocks * self.wide, hidden=config.width * 4)

    def forward(self, step: Step) -> dict[str, Term]:
        if step.batch.future < step.batch.frames:
            zero = touch([self])
            return {"latent": Term(zero, torch.zeros_like(zero))}
        wanted = targets(step.target_future.readout)
        guess = self.predict(pooled(step.masked)).view(len(wanted), self.blocks, self.wide)
        loss = F.smooth_l1_loss(guess.float(), wanted, reduction="none").mean((1, 2))
        known = step.target_future.seen.any(1) & step.masked.seen.any(1)
        found = term(loss, known)
        return {"latent": Term(found.total + touch([self]), found.count)}


def targets(readout: torch.Tensor) -> torch.Tensor:
    """[B, T, R D] layer-normalised readouts."""
    blocks = readout.flatten(2).float()
    return F.layer_norm(blocks, blocks.shape[-1:])
