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

from xperience.progress import track

if TYPE_CHECKING:
    from xperience.model.model import Encoded, State, XperienceModel
    from xperience.pretrain.run import Restored

INPUTS: dict[str, tuple[str, ...]] = {"imu": ("imu",), "skeleton": ("body",), "both": ("imu", "body")}
QUARTERS = 4
AT_ONCE = 64


@dataclass(frozen=True)
class Settings:
    """Chosen by leaving out one training subject. `views`: variations of each trial that a probe is fitted on, besides
    the trial. `steps`, `lr`: of fine-tuning; `head_lr`: of its classifiers. `smooth`: of the labels."""

    views: int = 12
    probe_steps: int = 400
    probe_decay: float = 0.05
    steps: int = 500
    batch: int = 24
    lr: float = 5e-4
    head_lr: float = 2e-3
    decay: float = 0.05
    dropout: float = 0.4
    smooth: float = 0.1


def feature(state: State, streams: Sequence[str]) -> torch.Tensor:
    """[n, 4 (R + S) D]: readouts and the tokens of the streams, in means over each quarter of the trial."""
    parts = [state.readout.flatten(2)]
    blocks = state.readout.shape[1]
    for stream in streams:
        parts.append(state.x[:, state.tokens.of(stream)].unflatten(1, (blocks, -1)).mean(2))
    over_trial = torch.cat(parts, 2).unflatten(0, (-1, WINDOWS)).flatten(1, 2)
    return over_trial.unflatten(1, (QUARTERS, -1)).mean(2).flatten(1)


def features_of(model: XperienceModel, encoded: Encoded) -> dict[str, torch.Tensor]:
    return {name: feature(model.fuse(encoded, streams), streams) for name, streams in INPUTS.items()}


@torch.no_grad()
def frozen(model: XperienceModel, trials: Sequence[Motion]) -> dict[str, torch.Tensor]:
    """[n, F] features of all trials by input."""
    found: dict[str, list[torch.Tensor]] = {name: [] for name in INPUTS}
    for low in range(0, len(trials), AT_ONCE):
        for name, values in features_of(model, model.encode(batch_of(trials[low : low + AT_ONCE]))).items():
            found[name].append(values)
    return {name: torch.cat(parts) for name, parts in found.items()}


def classes(trials: Sequence[Motion], names: Sequence[str]) -> torch.Tensor:
    return torch.tensor([names.index(t.action) for t in trials])


def probe(
    model: XperienceModel, train: list[Motion], test: list[Motion], names: list[str], how: Settings, seed: int
) -> dict[str, np.ndarray]:
    """[n of test] right or wrong by input: a linear classifier on frozen features, fitted on `train` and its variations."""
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    fitted = [*train, *(varied(t, draw, Variation()) for _ in range(how.views) for t in train)]
    x_all, x_test_all, y = frozen(model, fitted), frozen(model, test), classes(fitted, names)
    right = {}
    for name, x in x_all.items():
        mean, spread = x.mean(0), x.std(0) + 1e-3
        x, x_test = (x - mean) / spread, (x_test_all[name] - mean) / spread
        linear = nn.Linear(x.shape[1], len(names))
        nn.init.zeros_(linear.weight)
        optimiser = torch.optim.AdamW(linear.parameters(), 1e-3, weight_decay=how.probe_decay)
        for step in range(how.probe_steps):
            for group in optimiser.param_groups:
                group["lr"] = 1e-3 * (1 - step / how.probe_steps)
            rows = torch.randint(len(x), (256,))
            shown = F.dropout(x[rows], how.dropout)
            loss = F.cross_entropy(linear(shown), y[rows], label_smoothing=how.smooth)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            right[name] = (linear(x_test).argmax(1) == classes(test, names)).numpy()
    return right


class Tuned(nn.Module):
    """A copy of a model with a classifier for each input."""

    def __init__(self, model: XperienceModel, trial: Motion, names: list[str], dropout: float) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(True)
        widths = {name: values.shape[1] for name, values in frozen(model, [trial]).items()}
        self.heads = nn.ModuleDict(
            {
                n: nn.Sequential(nn.LayerNorm(w), nn.Dropout(dropout), nn.Linear(w, len(names)))
                for n, w in widths.items()
            }
        )

    def forward(self, trials: Sequence[Motion]) -> dict[str, torch.Tensor]:
        """[n, classes] logits by input."""
        model = cast("Any", self.model)
        found = features_of(model, model.encode(batch_of(trials)))
        return {name: self.heads[name](values) for name, values in found.items()}


def fine_tune(
    model: XperienceModel,
    train: list[Motion],
    test: list[Motion],
    names: list[str],
    how: Settings,
    seed: int,
    show: bool = False,
) -> dict[str, np.ndarray]:
    """[n of test] right or wrong by input: the whole model and its classifiers trained on variations of `train`."""
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    tuned = Tuned(model, train[0], names, how.dropout)
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in tuned.model.parameters() if p.requires_grad], "lr": how.lr},
            {"params": tuned.heads.parameters(), "lr": how.head_lr},
        ],
        weight_decay=how.decay,
    )
    plan = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1.0, (k + 1) / 30) * (0.5 + 0.5 * np.cos(np.pi * k / how.steps))
    )
    tuned.train()
    for _ in track(range(how.steps), "fine-tune", show=show):
        rows = draw.choice(len(train), min(how.batch, len(train)), replace=False)
        trials = [varied(train[k], draw, Variation()) for k in rows]
        y = classes(trials, names)
        said = tuned(trials)
        loss = torch.stack([F.cross_entropy(z, y, label_smoothing=how.smooth) for z in said.values()]).sum()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(tuned.parameters(), 1.0)
        optimiser.step()
        plan.step()
    tuned.eval()
    with torch.no_grad():
        parts = [tuned(test[low : low + AT_ONCE]) for low in range(0, len(test), AT_ONCE)]
    y = classes(test, names)
    return {name: (torch.cat([part[name] for part in parts]).argmax(1) == y).numpy() for name in INPUTS}


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
