"""What objectives have in common: pooling, sums with counts, contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from xperience.pretrain.step import Step, Term

if TYPE_CHECKING:
    from xperience.model.model import State

NEVER = -1e9
"""Logit of what may not be chosen; finite, so that rows without a choice stay numbers."""


def pooled(state: State) -> torch.Tensor:
    """[B, 2 R D]: the last block's readouts beside the mean over blocks."""
    blocks = state.readout.flatten(2)
    return torch.cat([blocks[:, -1], blocks.mean(1)], dim=-1)


def pooled_width(width: int, readouts: int) -> int:
    return 2 * width * readouts


def head(inputs: int, outputs: int, hidden: int = 256) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))


def term(values: torch.Tensor, known: torch.Tensor) -> Term:
    """Sum of values [...] where known [...], and how many; absent values may be anything finite."""
    known = known.to(values.dtype)
    return Term((values * known).sum(), known.sum().float())


def matched(logits: torch.Tensor, target: torch.Tensor, known: torch.Tensor, smoothing: float = 0.0) -> Term:
    """Cross-entropy of logits [n, C] against classes [n], over the known [n]."""
    safe = torch.where(known, target, torch.zeros_like(target))
    return term(F.cross_entropy(logits.float(), safe, reduction="none", label_smoothing=smoothing), known)


def contrast(
    step: Step, a: torch.Tensor, b: torch.Tensor, scale: torch.Tensor, known: torch.Tensor, same: torch.Tensor
) -> Term:
    """Symmetric InfoNCE (van den Oord et al. 2018) between a [n, E] and b [n, E] of a rank; a[k] belongs to b[k].

    Negatives are those of all ranks, so that the loss does not hang on how many there are.

    Args:
        scale: log of the inverse temperature. known: [n] both sides are there; the rest neither asks nor answers.
        same: [n, m] pairs that are no negatives, such as windows that overlap in time, among the m of all ranks in the
            order of `step.gathered`.
    """
    n = len(a)
    mine = [F.normalize(side.float(), dim=-1) for side in (a, b)]
    others = [step.gathered(side) for side in mine]
    own = torch.eye(n, len(others[0]), dtype=torch.bool, device=a.device)
    hidden = (same | ~step.gathered(known.to(torch.uint8)).bool()) & ~own
    places = torch.arange(n, device=a.device)
    losses = []
    for asks, answers in ((mine[0], others[1]), (mine[1], others[0])):
        logits = (asks @ answers.T) * scale.exp().clamp(max=100)
        logits = torch.where(hidden, torch.full_like(logits, NEVER), logits)
        losses.append(F.cross_entropy(logits, places, reduction="none"))
    return term((losses[0] + losses[1]) / 2, known)


def touch(modules: Sequence[nn.Module]) -> torch.Tensor:
    """0, hanging on every parameter, so that each gets a gradient whatever is present."""
    total = [parameter.sum() * 0 for module in modules for parameter in module.parameters()]
    return torch.stack(total).sum() if total else torch.zeros(())
