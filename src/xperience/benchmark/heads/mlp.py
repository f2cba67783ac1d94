"""A two-layer perceptron on standardised features.

The published suite names its neural heads only as MLPs, so this one is ours: two hidden layers, dropout, AdamW,
stopped where the loss on held-out recordings is least. Its settings were fixed before any test result was seen and
are the same for every task.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience import threads
from xperience.benchmark.heads import ASIDE, UNKNOWN, Fitted, Predictor, aside
from xperience.benchmark.heads.linear import MIN_STD, POSITIVE_WEIGHT, Scaler
from xperience.benchmark.samples import NotMeasurable, Part, Pool

if TYPE_CHECKING:
    import torch

HIDDEN = (256, 128)
DROPOUT = 0.3
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
BATCH = 128
EPOCHS, PATIENCE = 60, 8
"""Most passes over the training windows, and how many without a better validation loss end the fit."""

Loss = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]


@dataclass(frozen=True)
class MlpHead:
    """See the module. `seed` draws the initial weights, the batches and the dropout."""

    seed: int
    name: str = "mlp"
    text: str = (
        f"perceptron with hidden layers of {HIDDEN[0]} and {HIDDEN[1]} on standardised features, classes balanced"
    )

    def classes(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        import torch

        weight = torch.tensor(len(y) / (count * np.bincount(y, minlength=count)), dtype=torch.float32)

        def loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.cross_entropy(logits, wanted, weight, ignore_index=UNKNOWN)

        known = np.flatnonzero(y_val != UNKNOWN)
        return self._fit(train, y, _take(val, known), y_val[known], count, loss, lambda x: torch.softmax(x, 1))

    def sets(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        import torch

        count = y.sum(axis=0)
        weight = torch.tensor(np.clip((len(y) - count) / np.maximum(count, 1), *POSITIVE_WEIGHT), dtype=torch.float32)

        def loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted, pos_weight=weight)

        return self._fit(
            train, y.astype(np.float32), val, y_val.astype(np.float32), y.shape[1], loss, lambda x: torch.sigmoid(x)
        )

    def vectors(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        import torch

        mean, std = y.mean(axis=0, dtype=np.float64), y.std(axis=0, dtype=np.float64)
        std[std < MIN_STD] = 1
        scaled = [((v.reshape(-1, y.shape[1]) - mean) / std).astype(np.float32) for v in (y, y_val)]
        shift, scale = (torch.tensor(v, dtype=torch.float32) for v in (mean, std))
        return self._fit(
            train, scaled[0], val, scaled[1], y.shape[1], torch.nn.functional.mse_loss, lambda x: x * scale + shift
        )

    def config(self) -> dict[str, Any]:
        return {
            "hidden": list(HIDDEN), "dropout": DROPOUT, "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY,
            "batch": BATCH, "epochs": EPOCHS, "patience": PATIENCE, "aside": ASIDE,
        }  # fmt: skip

    def _fit(
        self,
        train: Pool,
        y: np.ndarray,
        val: Pool,
        y_val: np.ndarray,
        outputs: int,
        loss: Loss,
        answer: Callable[[torch.Tensor], torch.Tensor],
    ) -> Predictor:
        import torch

        x = train.inputs()
        scaler = Scaler.fit(x, train.parts[0].samples.block_starts)
        if not len(scaler.columns) and not len(scaler.indicators):
            raise NotMeasurable("input absent: no input varies over the training windows")
        x = scaler.apply(x)
        if len(val):
            x_val = np.concatenate([scaler.apply(chunk) for chunk in val.chunks()])
        else:
            apart = aside(train)
            x, x_val, y, y_val = x[~apart], x[apart], y[~apart], y[apart]
        generator = torch.Generator().manual_seed(self.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            model = _network(x.shape[1], outputs)
            data = [torch.from_numpy(array) for array in (x, y, x_val, y_val)]
            epochs, best = _descend(model, loss, data[:2], data[2:], generator)

        def predict(pool: Pool) -> np.ndarray:
            with torch.inference_mode():
                parts = [answer(model(torch.from_numpy(scaler.apply(chunk)))) for chunk in pool.chunks()]
                return np.asarray(torch.cat(parts).numpy())

        return Fitted(predict, {"epochs": epochs, "validation_loss": best, "converged": epochs < EPOCHS})


def build(seed: int) -> MlpHead:
    """The head."""
    return MlpHead(seed)


def _network(inputs: int, outputs: int) -> torch.nn.Sequential:
    from torch import nn

    layers: list[nn.Module] = [nn.Dropout(DROPOUT)]
    for width in HIDDEN:
        layers += [nn.Linear(inputs, width), nn.GELU(), nn.LayerNorm(width), nn.Dropout(DROPOUT)]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def _descend(
    model: torch.nn.Sequential,
    loss: Loss,
    train: list[torch.Tensor],
    val: list[torch.Tensor],
    generator: torch.Generator,
) -> tuple[int, float]:
    """Trains on inputs and targets, in place, and leaves the weights of the least validation loss; (epochs, that loss)."""
    import torch

    (x, y), (x_val, y_val) = train, val
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    best, kept, waited, epoch = float("inf"), {k: v.clone() for k, v in model.state_dict().items()}, 0, 0
    while epoch < EPOCHS and waited < PATIENCE:
        epoch += 1
        model.train()
        for rows in torch.randperm(len(x), generator=generator).split(BATCH):
            if len(rows) < 2:
                continue
            threads.adapt()
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.inference_mode():
            value = float(loss(model(x_val), y_val)) if len(x_val) else float("nan")
        if value < best:
            best, kept, waited = value, {k: v.clone() for k, v in model.state_dict().items()}, 0
        else:
            waited += 1
    if len(x_val) and np.isfinite(best):
        model.load_state_dict(kept)
    model.eval()
    return epoch, best


def _take(pool: Pool, rows: np.ndarray) -> Pool:
    """Samples of a pool by their place in it, in order."""
    parts, start = [], 0
    for part in pool.parts:
        mine = rows[(rows >= start) & (rows < start + len(part.rows))] - start
        if len(mine):
            parts.append(Part(part.recording, part.samples, part.rows[mine]))
        start += len(part.rows)
    return Pool(parts)
