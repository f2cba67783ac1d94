"""A model, an objective and data small enough for tests of the trainer, and a command that torchrun can start.

`python toy.py RUN key=value ...` trains it; keys are those of the config, besides lacking (share of samples without
IMU), poison (step whose loss is NaN) and pause (seconds a step, so that a test can kill it between two). With parts=1,2,4 it
trains once for each number of parts and each of the shares of lacking=0.2,0.8, into RUN/SHARE/PARTS.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

from xperience.prepare.batch import Batch, Cameras, StreamBatch, TextBatch
from xperience.prepare.streams import STREAMS
from xperience.pretrain import distributed
from xperience.pretrain.config import TrainConfig, parse
from xperience.pretrain.learner import Learner
from xperience.pretrain.loader import samples_of
from xperience.pretrain.objectives.losses import term, touch
from xperience.pretrain.order import Order, Source
from xperience.pretrain.step import Step, Term, Texts
from xperience.pretrain.trainer import Outcome, train

WIDTH, TOKENS, CHANNELS = 16, 8, 6


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 32), nn.Linear(32, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(torch.nn.functional.gelu(self.up(self.norm(x)) + x.mean(1, keepdim=True).repeat(1, 1, 2)))


class Trunk(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class Model(nn.Module):
    """IMU samples as tokens; a readout that is their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.trunk = nn.Linear(CHANNELS, WIDTH), Trunk()
        self.gap = nn.Parameter(torch.zeros(WIDTH))
        self.spare = nn.Linear(WIDTH, 1)  # no objective asks it

    def forward(self, batch: Batch, hidden: dict[str, torch.Tensor] | None = None) -> SimpleNamespace:
        imu = batch.streams["imu"]
        shown = imu.valid if hidden is None else imu.valid & ~hidden["imu"]
        x = self.trunk(torch.where(shown[..., None], self.enter(imu.values), self.gap))
        tokens = SimpleNamespace(of=lambda stream: slice(0, TOKENS), known=imu.valid)
        return SimpleNamespace(x=x, tokens=tokens, readout=x.mean(1)[:, None, None], seen=imu.valid)


class ToyStep(Step):
    @property
    def view(self) -> SimpleNamespace:
        if "masked" not in vars(self):
            vars(self)["masked"] = self.model(self.batch, hidden=self.hidden)
        return vars(self)["masked"]


class Regress(nn.Module):
    """Hidden samples from the others."""

    name = "masked"

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(WIDTH, CHANNELS)

    def forward(self, step: Step) -> dict[str, Term]:
        imu = step.batch.streams["imu"]
        assert step.target.x.grad_fn is None, "the teacher has no gradient"
        loss = (self.head(ToyStep.view.fget(step).x) - imu.values).square().mean(-1)
        found = term(loss, imu.valid & step.hidden["imu"])
        return {"imu": Term(found.total + touch([self]) + 0 * loss.sum(), found.count)}


class Level(nn.Module):
    """The mean of the first channel of the window; may be told to fail."""

    name = "future"

    def __init__(self, poison: int) -> None:
        super().__init__()
        self.head, self.poison = nn.Linear(WIDTH, 1), poison

    def forward(self, step: Step) -> dict[str, Term]:
        imu = step.batch.streams["imu"]
        loss = (self.head(ToyStep.view.fget(step).readout[:, 0, 0])[:, 0] - imu.values[..., 0].mean(1)).square()
        if step.number == self.poison and 3 in step.batch.k % 8:
            loss = loss / 0
        found = term(loss, imu.valid.any(1))
        return {"level": Term(found.total + touch([self]), found.count)}


class Rows:
    """Windows that are pure functions of their number; some have no IMU."""

    def __init__(self, seed: int, lacking: float, pause: float = 0.0) -> None:
        self.identity = f"rows {lacking}"
        self.order = Order(seed, self.identity, [Source("rows", 1000)])
        self.lacking, self.pause = lacking, pause

    def stream(self, start: int, size: int, rank: int, world: int, workers: int) -> Iterator[tuple[int, Batch]]:
        number = start
        while True:
            time.sleep(self.pause)
            yield number, self.batch(samples_of(number, size, rank, world))
            number += 1

    def batch(self, k: np.ndarray) -> Batch:
        drawn = self.order.samples(k)
        draws = [np.random.default_rng(int(window)) for window in drawn.window]
        values = np.stack([np.cumsum(r.normal(size=(TOKENS, CHANNELS)), 0) * 0.3 for r in draws]).astype(np.float32)
        there = np.array([r.random() >= self.lacking for r in draws])
        values[~there] = 0
        times = np.tile(np.arange(TOKENS, dtype=np.float32) / 8, (len(k), 1))
        imu = StreamBatch(values, times, np.tile(there[:, None], (1, TOKENS)), (~there).astype(np.int8), TOKENS)
        none = [""] * len(k)
        empty = [() for _ in k]
        text = TextBatch(none, none, none, none, empty, empty, none, np.zeros(len(k), bool), [None] * len(k), there)
        z = np.zeros
        cameras = Cameras(z((len(k), 6, 4)), z((len(k), 6, 4)), z((len(k), 6, 3, 4)), z((len(k), 6), bool),
                          z((len(k), 6), bool), z((len(k), 1, 3)), z((len(k), 1), bool))  # fmt: skip
        return Batch(
            k=k, mask_seed=drawn.mask_seed, weight=np.ones(len(k), np.float32), source=drawn.source, episode=drawn.window,
            start_frame=drawn.window, episode_id=["toy"] * len(k), frames=TOKENS, future=0, rate_hz=8.0,
            streams={"imu": imu}, text=text, cameras=cameras,
        )  # fmt: skip


def config(**changes: object) -> TrainConfig:
    values: dict[str, dict[str, object]] = {
        "objectives": {"masked": 1.0, "future": 0.5},
        "optimiser": {"lr": 3e-3, "warmup": 2},
        "run": {"steps": 6, "batch": 8, "device": "cpu", "save_every": 2, "panel_every": 2, "probe_every": 3},
    }
    for key, value in changes.items():
        section, _, name = key.partition("__")
        if name:
            values.setdefault(section, {})[name] = value
        else:
            values[section] = value  # type: ignore[assignment]
    return parse(values)


def learner(seed: int = 0, poison: int = -1) -> Learner:
    torch.manual_seed(seed)
    times = {"imu": np.arange(TOKENS) / 8}
    return Learner(
        Model(), {"masked": Regress(), "future": Level(poison)}, Texts(), TrainConfig(run={"steps": 1}).masking, times
    )


def alone() -> distributed.Runtime:
    """One process on one core: the toy is too small for more."""
    torch.set_num_threads(1)
    return distributed.start("cpu")


def run(
    out: Path,
    lacking: float = 0.0,
    poison: int = -1,
    pause: float = 0.0,
    runtime: distributed.Runtime | None = None,
    **changes: object,
) -> Outcome:
    torch.set_num_threads(1)
    options = config(**changes)
    runtime = runtime or distributed.start(options.run.device, options.run.replicas)
    data = Rows(options.run.seed, lacking, pause)
    return train(options, learner(options.run.seed, poison), data, out, runtime)


def main() -> None:
    assert "imu" in STREAMS
    pairs = dict(argument.split("=") for argument in sys.argv[2:])
    parts = [int(number) for number in pairs.pop("parts", "").split(",") if number]
    shares = pairs.pop("lacking", "0").split(",")
    plain = {"pause": float(pairs.pop("pause", 0))}
    poison = int(pairs.pop("poison", -1))
    values = {key.replace(".", "__"): int(value) if value.isdigit() else value for key, value in pairs.items()}
    if parts:  # all of them in one group of ranks
        runtime = distributed.start("cpu")
        for share, number in ((share, number) for share in shares for number in parts):
            out = Path(sys.argv[1]) / share / str(number)
            outcome = run(out, float(share), poison, runtime=runtime, run__accumulate=number, **plain, **values)
    else:
        outcome = run(Path(sys.argv[1]), float(shares[0]), poison, **plain, **values)
    distributed.finish()
    sys.exit(outcome.code)


if __name__ == "__main__":
    main()
