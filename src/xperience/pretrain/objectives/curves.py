"""Forecasts of motion: smooth curves that begin at what was in motion."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from xperience.pretrain.objectives.losses import head

RECENT = 4
"""Speeds before the last frame that a forecast goes on from: a fifth of a second."""

DECAY_S = 0.2
"""What moves comes to rest in about this time, before anything is learnt."""

QUICK = 10.0
"""A handful of numbers that stand for all windows may go faster than weights of a network."""


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
