"""What objectives have in common: pooling, sums with counts, contrast, smooth curves over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from xperience.pretrain.step import Term

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
    a: torch.Tensor, b: torch.Tensor, scale: torch.Tensor, known: torch.Tensor, same: torch.Tensor | None = None
) -> Term:
    """Symmetric InfoNCE (van den Oord et al. 2018) between a [n, E] and b [m, E], m >= n; a[k] belongs to b[k].

    Args:
        scale: log of the inverse temperature. known: [n] both sides are there; the rest neither asks nor answers.
        same: [n, m] pairs other than (k, k) that are no negatives, such as windows that overlap in time.
    """
    n, m = len(a), len(b)
    logits = (F.normalize(a.float(), dim=-1) @ F.normalize(b.float(), dim=-1).T) * scale.exp().clamp(max=100)
    own = torch.eye(n, m, dtype=torch.bool, device=a.device)
    answers = torch.cat([known, torch.ones(m - n, dtype=torch.bool, device=a.device)])
    hidden = ~answers[None].expand(n, m)
    if same is not None:
        hidden = hidden | same
    logits = torch.where(hidden & ~own, torch.full_like(logits, NEVER), logits)
    places = torch.arange(n, device=a.device)
    forth = F.cross_entropy(logits, places, reduction="none")
    back = F.cross_entropy(
        torch.where(known[:, None], logits, torch.full_like(logits, NEVER)).T[:n], places, reduction="none"
    )
    return term((forth + back) / 2, known)


class Curves(nn.Module):
    """Smooth displacements over time from a feature: 0 at time 0, any number of outputs.

    displacement(t) = velocity t g(t) + sum_k c_k f_k(t), with f_k the functions sin(k pi t / T) and 1 - cos(k pi t / T)
    and a learnt share g of the last seen velocity at each of a few horizons.

    Args:
        inputs: width of the feature. outputs: of the displacement. seconds: T. scale: of one coefficient, in the
            output's unit.
    """

    def __init__(self, inputs: int, outputs: int, seconds: float, scale: float, terms: int = 4) -> None:
        super().__init__()
        self.seconds, self.scale, self.terms, self.outputs = seconds, scale, terms, outputs
        self.coefficients = head(inputs, 2 * terms * outputs)
        self.keep = nn.Linear(2 * terms, 1)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        last = self.coefficients[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=0.01)
        nn.init.zeros_(last.bias)
        nn.init.zeros_(self.keep.weight)
        nn.init.zeros_(self.keep.bias)

    def basis(self, times: torch.Tensor) -> torch.Tensor:
        """[..., 2 terms] of times [...] in seconds."""
        phase = times[..., None] / self.seconds * torch.pi * torch.arange(1, self.terms + 1, device=times.device)
        return torch.cat([torch.sin(phase), 1 - torch.cos(phase)], dim=-1)

    def forward(self, feature: torch.Tensor, times: torch.Tensor, velocity: torch.Tensor) -> torch.Tensor:
        """Displacement [B, Q, outputs] at times [B, Q] after the last frame; velocity [B, outputs] per second."""
        basis = self.basis(times.float())
        coefficients = self.coefficients(feature).float().view(len(feature), 2 * self.terms, self.outputs)
        kept = torch.sigmoid(self.keep(basis).float())
        return basis @ coefficients * self.scale + velocity[:, None] * (times[..., None] * kept)


def touch(modules: Sequence[nn.Module]) -> torch.Tensor:
    """0, hanging on every parameter, so that each gets a gradient whatever is present."""
    total = [parameter.sum() * 0 for module in modules for parameter in module.parameters()]
    return torch.stack(total).sum() if total else torch.zeros(())
