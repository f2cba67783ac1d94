"""Two views of one motion: which movement of the body belongs to what the IMU feels?

Motion against motion, for data without pictures: each block by itself, against the neighbouring quarter seconds of the
same episode and all of the others, and each window as a whole. Neither side is told the other's stream.
"""

from __future__ import annotations

import torch
from torch import nn

from xperience.model.config import ModelConfig
from xperience.model.model import State
from xperience.pretrain.objectives.alignment import START, WIDTH, overlap
from xperience.pretrain.objectives.losses import contrast, head, pooled, pooled_width, touch
from xperience.pretrain.step import Step, Term

SIDES = ("imu", "body")


class Pairs(nn.Module):
    """See the module."""

    name = "pairs"
    needs = SIDES

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        block, window = config.width * config.readouts, pooled_width(config.width, config.readouts)
        self.block = nn.ModuleDict({side: head(block, WIDTH) for side in SIDES})
        self.window = nn.ModuleDict({side: head(window, WIDTH) for side in SIDES})
        self.scales = nn.Parameter(torch.full((2,), START))

    def reset_parameters(self) -> None:
        nn.init.constant_(self.scales, START)

    def embed(self, side: str, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, T, E] of the blocks and [B, E] of the window, of a state that saw only one side ("imu" or "body")."""
        return self.block[side](state.readout.flatten(2)), self.window[side](pooled(state))

    def forward(self, step: Step) -> dict[str, Term]:
        (imu, body) = (step.seen(side, (side,)) for side in SIDES)
        (a, whole_a), (b, whole_b) = self.embed("imu", imu), self.embed("body", body)
        blocks = a.shape[1]
        known = _blocks_known(imu, blocks) & _blocks_known(body, blocks)
        terms = {
            "blocks": contrast(
                step, a.flatten(0, 1), b.flatten(0, 1), self.scales[0], known.flatten(), overlap(step, blocks)
            ),
            "windows": contrast(step, whole_a, whole_b, self.scales[1], known.any(1), overlap(step, 1)),
        }
        zero = touch([self.block, self.window]) + 0 * self.scales.sum()
        return {name: Term(found.total + zero, found.count) for name, found in terms.items()}


def _blocks_known(state: State, blocks: int) -> torch.Tensor:
    """[B, T] blocks in which anything of the side is there."""
    return state.seen.unflatten(1, (blocks, -1)).any(2)
