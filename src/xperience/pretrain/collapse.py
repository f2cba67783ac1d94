"""Whether the representation still tells windows apart: a panel of figures during training, and an alarm.

A latent objective can reach a low loss by mapping everything to one point, or to a line. The loss does not show it;
these figures do. Baselines say what a predictor would get that knows nothing but the mean token, or that the future is
like the present.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import torch
from torch.nn import functional as F

from xperience.prepare.streams import STREAMS
from xperience.pretrain.step import Step

RANK_LIMIT = 1.5
"""Effective rank below which hardly more than one direction is left."""

SPREAD_LIMIT = 0.02
"""Standard deviation over windows, as a share of the features' own size, below which all windows look alike."""

IN_A_ROW = 2
"""Panels that must be bad in a row: a single batch can be of one scene."""


def views(step: Step) -> list[torch.Tensor]:
    """[B, R D] mean readouts of the windows by student and teacher, as the step has computed them; [] where it has not."""
    done = vars(step)  # cached properties that were asked for
    if "masked" not in done:
        return []
    student = step.masked.readout.mean(1).flatten(1)
    teacher = step.target.readout.mean(1).flatten(1) if "target" in done else student
    return [student, teacher]


def baselines(step: Step, objectives: Container[str]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Sum and count of what trivial predictors would get in the latent terms of this step, by "<objective>/<term>"."""
    done = vars(step)
    found = {}
    if "masked" in objectives and "target" in done:
        for stream, hidden in step.hidden.items():
            if STREAMS[stream].modality in ("video", "audio", "depth"):
                mine = step.target.tokens.of(stream)
                wanted = F.layer_norm(step.target.x[:, mine].float(), step.target.x.shape[-1:])
                found[f"masked/{stream}"] = mean_token(wanted, hidden & step.target.tokens.known[:, mine])
    if "future" in objectives and "target" in done and "target_future" in done:
        from xperience.pretrain.objectives.future import targets

        last = targets(step.target.readout)[:, -1]
        known = step.target_future.seen.any(1) & step.target.seen.any(1)
        found["future/latent"] = copy_last(last, targets(step.target_future.readout), known)
    return found


def panel(student: torch.Tensor, teacher: torch.Tensor) -> dict[str, float]:
    """Figures of features of the same n windows [n, D] by student and teacher, n >= 2.

    effective_rank: exp of the entropy of the normalised singular values of the centred features (Roy and Vetterli
    2007). deviation_min, _median: over dimensions, of the deviation over windows. spread: root mean square deviation over
    root mean square feature. cosine: mean over pairs of windows. teacher_distance: mean 1 - cosine.
    """
    x, y = student.detach().float(), teacher.detach().float()
    assert x.shape == y.shape and len(x) > 1
    centred = x - x.mean(0)
    singular = torch.linalg.svdvals(centred)
    share = singular / singular.sum().clamp(min=1e-12)
    entropy = -(share * share.clamp(min=1e-12).log()).sum()
    deviation = centred.square().mean(0).sqrt()
    unit = F.normalize(x, dim=-1)
    n = len(x)
    cosine = (unit.sum(0).square().sum() - unit.square().sum()) / (n * (n - 1))
    size = x.square().mean().sqrt().clamp(min=1e-12)
    return {
        "effective_rank": float(entropy.exp()) if float(singular.sum()) > 1e-9 * n else 1.0,
        "deviation_min": float(deviation.min()),
        "deviation_median": float(deviation.median()),
        "spread": float(centred.square().mean().sqrt() / size),
        "cosine": float(cosine),
        "teacher_distance": float((1 - F.cosine_similarity(x, y)).mean()),
    }


def mean_token(wanted: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth L1 of always saying the mean of the known targets: sum and count. wanted [..., C], known [...] bool."""
    rows = wanted[known].float()
    if not len(rows):
        return torch.zeros((), device=wanted.device), torch.zeros((), device=wanted.device)
    loss = F.smooth_l1_loss(rows.mean(0).expand_as(rows), rows, reduction="none").mean(-1)
    return loss.sum(), torch.tensor(float(len(rows)), device=wanted.device)


def copy_last(last: torch.Tensor, wanted: torch.Tensor, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth L1 of saying that the future is like the last block: sum and count. last [B, C], wanted [B, T, C]."""
    loss = F.smooth_l1_loss(last[:, None].expand_as(wanted).float(), wanted.float(), reduction="none").mean((1, 2))
    return (loss * known).sum(), known.sum().float()


@dataclass
class Alarm:
    """Says when a representation has collapsed.

    Attributes:
        grace: steps at the start in which nothing is said. bad: panels in a row that were bad; travels with
        checkpoints.
    """

    grace: int = 0
    bad: int = 0
    reasons: list[str] = field(default_factory=list)

    def look(self, number: int, figures: dict[str, float]) -> list[str]:
        """Reasons to worry, empty where all is well or it is too early to say."""
        reasons = []
        if figures["effective_rank"] < RANK_LIMIT:
            reasons.append(f"effective rank {figures['effective_rank']:.2f} is below {RANK_LIMIT}")
        if figures["spread"] < SPREAD_LIMIT:
            reasons.append(f"windows differ by {figures['spread']:.4f} of their size, less than {SPREAD_LIMIT}")
        self.bad = self.bad + 1 if reasons and number >= self.grace else 0
        self.reasons = reasons if self.bad >= IN_A_ROW else []
        return self.reasons
