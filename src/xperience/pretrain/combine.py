"""From sums and counts of each part and rank to one loss: denominators over all of them, frozen normalisers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from xperience.pretrain.config import Objective
from xperience.pretrain.distributed import Runtime
from xperience.pretrain.step import Term

MEMORY = 0.98
"""Of the running mean of an objective's loss."""


@dataclass
class Normaliser:
    """Divides an objective's loss by its own running mean, frozen at a step (0 in the config: 1, always).

    Attributes:
        mean, seen: by objective: running mean, uncorrected, and steps in it. They travel with checkpoints.
    """

    options: Mapping[str, Objective]
    mean: dict[str, float] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def scale(self, name: str) -> float:
        """What the loss is multiplied with."""
        if not self.options[name].normalise_at or not self.seen.get(name):
            return 1.0
        mean = self.mean[name] / (1 - MEMORY ** self.seen[name])
        return 1 / max(abs(mean), 1e-8)

    def note(self, number: int, name: str, value: float) -> None:
        """A step's loss, the same on all ranks; nothing changes from the frozen step on."""
        if number < self.options[name].normalise_at and math.isfinite(value):
            self.mean[name] = MEMORY * self.mean.get(name, 0.0) + (1 - MEMORY) * value
            self.seen[name] = self.seen.get(name, 0) + 1

    def state(self) -> dict[str, dict[str, float]]:
        return {"mean": dict(self.mean), "seen": dict(self.seen)}

    def restore(self, state: Mapping[str, Mapping[str, float]]) -> None:
        self.mean = dict(state["mean"])
        self.seen = {name: int(value) for name, value in state["seen"].items()}


@dataclass(frozen=True)
class Combined:
    """One part of a step.

    Attributes:
        losses: by objective, to propagate back; over the parts of a step they add up to the step's.
        figures: "<objective>/<term>" to this part's share of the step's mean, over all ranks. means: to the mean of this
            part alone. counts: to this part's count, over all ranks.
        own_finite: whether this rank's own sums are finite.
    """

    losses: dict[str, torch.Tensor]
    figures: dict[str, float]
    means: dict[str, float]
    counts: dict[str, float]
    own_finite: bool

    @property
    def finite(self) -> bool:
        """The same on all ranks."""
        return all(math.isfinite(value) for value in self.figures.values())


def counted(parts: Sequence[Mapping[str, Mapping[str, Term]]], runtime: Runtime) -> dict[str, float]:
    """ "<objective>/<term>" to its count over all parts and ranks."""
    names = [f"{objective}/{name}" for objective, found in parts[0].items() for name in found]
    mine = [
        torch.stack([term.count.detach().double() for found in one.values() for term in found.values()])
        for one in parts
    ]
    return dict(zip(names, runtime.total(torch.stack(mine).sum(0)).tolist(), strict=True))


def combine(
    terms: Mapping[str, Mapping[str, Term]], runtime: Runtime, whole: Mapping[str, float] | None = None
) -> Combined:
    """One loss an objective: the sum over its terms of total / max(count over all parts and ranks, 1).

    Losses are times the number of ranks, since gradients are averaged over them.

    Args:
        whole: counts of the step by "<objective>/<term>", see `counted`; without, this part is the whole step.
    """
    names = [(objective, name) for objective, found in terms.items() for name in found]
    mine = torch.stack([terms[o][n].count.detach().double() for o, n in names])
    sums = torch.stack([terms[o][n].total.detach().double() for o, n in names])
    both = runtime.total(torch.stack([mine, sums]))
    own = both[0].clamp(min=1)
    counts = own if whole is None else torch.tensor([whole[f"{o}/{n}"] for o, n in names]).to(own).clamp(min=1)
    losses: dict[str, torch.Tensor] = {}
    for k, (objective, name) in enumerate(names):
        part = terms[objective][name].total.float() * (runtime.world / counts[k].float())
        losses[objective] = losses[objective] + part if objective in losses else part

    def named(values: torch.Tensor) -> dict[str, float]:
        return {f"{o}/{n}": value for (o, n), value in zip(names, values.tolist(), strict=True)}

    finite = bool(torch.isfinite(sums).all())
    return Combined(losses, named(both[1] / counts), named(both[1] / own), named(both[0]), finite)
