"""What objectives have in common: pooling, sums with counts, contrast, smooth curves over time."""

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

RECENT = 4
"""Speeds before the last frame that a forecast goes on from: a fifth of a second."""

DECAY_S = 0.2
"""What moves comes to rest in about this time, before anything is learnt."""

QUICK = 10.0
"""A handful of numbers that stand for all windows may go faster than weights of a network."""


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


class Curves(nn.Module):
    """Smooth displacements over time from a feature: 0 at time 0, any number of outputs.

    displacement(t) = v decay (1 - exp(-t / decay)) + sum_k c_k f_k(t): what was in motion comes to rest, as fast as was
    learnt, and the feature says the rest, f_k the functions sin(k pi t / T) and 1 - cos(k pi t / T). The velocity v is a
    learnt mean of the last `RECENT` speeds: measured hands shake, simulated ones do not.

    Args:
        inputs: width of the feature. outputs: of the displacement. seconds: T. scale: of one coefficient, in the
            output's unit.
    """

    def __init__(self, inputs: int, outputs: int, seconds: float, scale: float, terms: int = 4) -> None:
        super().__init__()
        self.seconds, self.scale, self.terms, self.outputs = seconds, scale, terms, outputs
        self.coefficients = head(inputs, 2 * terms * outputs)
        self.lean = nn.Parameter(torch.empty(RECENT))
        self.decay = nn.Parameter(torch.empty(1))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        last = self.coefficients[-1]
        assert isinstance(last, nn.Linear)
        for begun in (last.weight, last.bias, self.lean, self.decay):
            nn.init.zeros_(begun)

    def basis(self, times: torch.Tensor) -> torch.Tensor:
        """[..., 2 terms] of times [...] in seconds."""
        phase = times[..., None] / self.seconds * torch.pi * torch.arange(1, self.terms + 1, device=times.device)
        return torch.cat([torch.sin(phase), 1 - torch.cos(phase)], dim=-1)

    def forward(
        self, feature: torch.Tensor, times: torch.Tensor, speeds: torch.Tensor, known: torch.Tensor
    ) -> torch.Tensor:
        """Displacement [B, Q, outputs] at times [B, Q] seconds after the last frame.

        Args:
            speeds: [B, RECENT, outputs] per second, the last first. known: the same, bool.
        """
        coefficients = self.coefficients(feature).float().view(len(feature), 2 * self.terms, self.outputs)
        share = torch.softmax(self.lean.float() * QUICK, 0)[:, None] * known
        velocity = (share * speeds).sum(1) / share.sum(1).clamp(min=1e-6)
        decay = DECAY_S * torch.exp(self.decay.float() * QUICK)
        reach = decay * -torch.expm1(-times.float() / decay)
        return self.basis(times.float()) @ coefficients * self.scale + velocity[:, None] * reach[..., None]


def recent(values: torch.Tensor, valid: torch.Tensor, times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Speeds per second over the last frames, the last first, for `Curves`.

    Args:
        values: [B, n, ...] of a window's frames, n of 2 or more. valid: [B, n, ...], as many axes or fewer. times: [B, n].

    Returns:
        [B, RECENT, ...], 0 where unknown, and bool of that shape, which are known.
    """
    count = min(RECENT, values.shape[1] - 1)
    values, valid, times = values[:, -count - 1 :], valid[:, -count - 1 :], times[:, -count - 1 :]
    both = valid[:, 1:] & valid[:, :-1]
    both = both.view(*both.shape, *[1] * (values.ndim - both.ndim)).expand_as(values[:, 1:]).flip(1)
    seconds = (times[:, 1:] - times[:, :-1]).clamp(min=1e-3).to(values.dtype)
    speeds = (values[:, 1:] - values[:, :-1]) / seconds.view(*seconds.shape, *[1] * (values.ndim - 2))
    speeds = torch.where(both, speeds.flip(1), torch.zeros((), dtype=speeds.dtype, device=speeds.device))
    lack = (0, 0) * (values.ndim - 2) + (0, RECENT - count)
    return F.pad(speeds, lack), F.pad(both, lack)


def touch(modules: Sequence[nn.Module]) -> torch.Tensor:
    """0, hanging on every parameter, so that each gets a gradient whatever is present."""
    total = [parameter.sum() * 0 for module in modules for parameter in module.parameters()]
    return torch.stack(total).sum() if total else torch.zeros(())
