"""What a model has learnt of trials: features, a linear probe on them, fine-tuning, and both sides' embeddings."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from real_motion import SIDES, WINDOWS, Motion, Variation, batch_of, varied
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from xperience.model.model import initialise
from xperience.progress import track

if TYPE_CHECKING:
    from xperience.model.model import State, XperienceModel
    from xperience.pretrain.run import Restored

INPUTS: dict[str, tuple[str, ...]] = {"imu": ("imu",), "skeleton": ("body",), "both": ("imu", "body")}
QUARTERS = 4
AT_ONCE = 64


@dataclass(frozen=True)
class Settings:
    """Chosen by leaving out one training subject at a time. `views`: variations of each trial that a probe is fitted
    on, besides the trial. `looks`: variations of a judged trial, besides the trial, whose scores are averaged.
    `steps`, `lr`: of fine-tuning, which begins with the probe; `head_lr`: of its classifiers; `ema`: of the running mean
    of its weights, which is what is kept. `smooth`: of the labels.
    """

    views: int = 8
    looks: int = 8
    probe_steps: int = 400
    probe_lr: float = 1e-3
    probe_decay: float = 0.05
    steps: int = 160
    batch: int = 24
    lr: float = 1e-4
    head_lr: float = 3e-4
    ema: float = 0.98
    decay: float = 0.05
    dropout: float = 0.4
    smooth: float = 0.1


def feature(half: torch.Tensor, state: State, streams: Sequence[str]) -> torch.Tensor:
    """[n, 16 S D]: tokens of the streams half-way through the trunk, half [n WINDOWS, N, D]; their mean, maximum,
    minimum and spread over each quarter of the trial."""
    blocks = state.readout.shape[1]
    parts = [half[:, state.tokens.of(stream)].unflatten(1, (blocks, -1)).mean(2).float() for stream in streams]
    over_trial = torch.cat(parts, 2).unflatten(0, (-1, WINDOWS)).flatten(1, 2)
    quarters = over_trial.unflatten(1, (QUARTERS, -1))
    spread = (quarters.var(2, correction=0) + 1e-6).sqrt()
    return torch.cat([quarters.mean(2), quarters.amax(2), quarters.amin(2), spread], 2).flatten(1)


def features_of(model: XperienceModel, trials: Sequence[Motion]) -> dict[str, torch.Tensor]:
    """[n, F] features of some trials by input; what one input does not name is not looked at for it."""
    reached: list[torch.Tensor] = []
    layers = model.trunk.layers
    hook = layers[len(layers) // 2 - 1].register_forward_hook(lambda layer, given, made: reached.append(made[0]))
    try:
        with torch.autocast("cpu", torch.bfloat16):
            encoded = model.encode(batch_of(trials))
            states = {name: model.fuse(encoded, streams) for name, streams in INPUTS.items()}
    finally:
        hook.remove()
    halves = zip(reached, states.items(), strict=True)
    return {name: feature(half, state, INPUTS[name]) for half, (name, state) in halves}


@torch.no_grad()
def frozen(model: XperienceModel, trials: Sequence[Motion]) -> dict[str, torch.Tensor]:
    """The same of any number of trials."""
    parts = [features_of(model, trials[low : low + AT_ONCE]) for low in range(0, len(trials), AT_ONCE)]
    return {name: torch.cat([part[name] for part in parts]) for name in INPUTS}


def classes(trials: Sequence[Motion], names: Sequence[str]) -> torch.Tensor:
    return torch.tensor([names.index(t.action) for t in trials])


class Linear(nn.Module):
    """A linear classifier of features [n, F] that are first brought to mean 0 and spread 1."""

    def __init__(self, x: torch.Tensor, names: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("spread", x.std(0) + 1e-2)
        self.dropout, self.linear = nn.Dropout(dropout), nn.Linear(x.shape[1], names)
        nn.init.zeros_(self.linear.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.linear(self.dropout((x - self.get_buffer("mean")) / self.get_buffer("spread")))
        return found


class Classified(nn.Module):
    """A model with a classifier for each input, fitted on frozen features of training trials and variations of them."""

    def __init__(self, model: XperienceModel, train: list[Motion], names: list[str], how: Settings, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        draw = np.random.default_rng(seed)
        self.names, self.how = names, how
        shown = [*train, *(varied(t, draw, Variation()) for _ in range(how.views) for t in train)]
        y = classes(shown, names)
        self.model: nn.Module = copy.deepcopy(model)
        features = frozen(model, shown)
        self.heads = nn.ModuleDict({name: Linear(x, len(names), how.dropout) for name, x in features.items()})
        for name, x in features.items():
            _fit(self.heads[name], x, y, how)

    def forward(self, trials: Sequence[Motion]) -> dict[str, torch.Tensor]:
        """[n, classes] logits by input."""
        found = features_of(cast("XperienceModel", self.model), trials)
        return {name: self.heads[name](values) for name, values in found.items()}

    @torch.no_grad()
    def right(self, trials: list[Motion]) -> dict[str, np.ndarray]:
        """[n] whether each trial is recognised, by input, from the mean of what is said of it and of variations."""
        self.eval()
        draw = np.random.default_rng(0)
        shown = [*trials, *(varied(t, draw, Variation()) for _ in range(self.how.looks) for t in trials)]
        parts = [self(shown[low : low + AT_ONCE]) for low in range(0, len(shown), AT_ONCE)]
        y = classes(trials, self.names)
        said = {name: torch.cat([part[name] for part in parts]).float().log_softmax(1) for name in INPUTS}
        return {name: (z.unflatten(0, (-1, len(trials))).mean(0).argmax(1) == y).numpy() for name, z in said.items()}


def _fit(head: nn.Module, x: torch.Tensor, y: torch.Tensor, how: Settings) -> None:
    optimiser = torch.optim.AdamW(head.parameters(), how.probe_lr, weight_decay=how.probe_decay)
    for step in range(how.probe_steps):
        for group in optimiser.param_groups:
            group["lr"] = how.probe_lr * (1 - step / how.probe_steps)
        rows = torch.randint(len(x), (256,))
        loss = F.cross_entropy(head(x[rows]), y[rows], label_smoothing=how.smooth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def fine_tune(classified: Classified, train: list[Motion], how: Settings, seed: int, show: bool = False) -> None:
    """Trains the whole model and its classifiers, in place, on variations of training trials; keeps the mean of weights."""
    draw = np.random.default_rng([seed, 1])
    classified.model.requires_grad_(True)
    optimiser = torch.optim.AdamW(
        [
            {"params": classified.model.parameters(), "lr": how.lr},
            {"params": classified.heads.parameters(), "lr": how.head_lr},
        ],
        weight_decay=how.decay,
    )
    plan = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1.0, (k + 1) / 20) * (0.5 + 0.5 * np.cos(np.pi * k / how.steps))
    )
    classified.train()
    smoothed = AveragedModel(classified, multi_avg_fn=get_ema_multi_avg_fn(how.ema))
    for _ in track(range(how.steps), "fine-tune", show=show):
        rows = draw.choice(len(train), min(how.batch, len(train)), replace=False)
        trials = [varied(train[k], draw, Variation()) for k in rows]
        y = classes(trials, classified.names)
        losses = [F.cross_entropy(z, y, label_smoothing=how.smooth) for z in classified(trials).values()]
        optimiser.zero_grad()
        torch.stack(losses).sum().backward()
        nn.utils.clip_grad_norm_(classified.parameters(), 1.0)
        optimiser.step()
        plan.step()
        smoothed.update_parameters(classified)
    classified.load_state_dict(smoothed.module.state_dict())


def drawn(model: XperienceModel, seed: int) -> XperienceModel:
    """The same with weights as they were before pretraining, drawn by a seed: what its shape alone gives."""
    fresh = copy.deepcopy(model)
    torch.manual_seed(seed)
    initialise(fresh)
    return fresh


@torch.no_grad()
def similarity(restored: Restored, trials: Sequence[Motion]) -> np.ndarray:
    """[n, n] how well the IMU of each trial (rows) goes with the skeleton of each: cosines of blocks and windows."""
    pairs = cast("Any", restored.learner.objectives["pairs"])
    sides: dict[str, list[torch.Tensor]] = {side: [] for side in SIDES}
    for low in range(0, len(trials), AT_ONCE):
        encoded = restored.model.encode(batch_of(trials[low : low + AT_ONCE]))
        for side in SIDES:
            blocks, window = pairs.embed(side, restored.model.fuse(encoded, (side,)))
            both = [F.normalize(v, dim=-1).flatten(1) / v.shape[1:-1].numel() ** 0.5 for v in (blocks, window)]
            sides[side].append(torch.cat(both, 1).unflatten(0, (-1, WINDOWS)).flatten(1))
    a, b = (torch.cat(sides[side]) for side in SIDES)
    return (a @ b.T).numpy()
