"""Attentive probe: a query asks the frozen tokens, a small perceptron answers.

The tokens stay as they are; what is learnt is where to look and a perceptron of one hidden layer (after the probes of
V-JEPA, Bardes et al. 2024). Stopped, as the MLP head is, where the loss on the validation recordings is least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from xperience import threads
from xperience.benchmark.heads import ASIDE, UNKNOWN, Fitted, Predictor, aside
from xperience.benchmark.heads.linear import MIN_STD, POSITIVE_WEIGHT
from xperience.benchmark.samples import Pool

HIDDEN, DROPOUT, HEADS, QUERIES = 256, 0.4, 4, 2
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 5e-2
BATCH, EPOCHS, PATIENCE = 128, 40, 6

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class AttentiveHead:
    """See the module.

    Args:
        seed: of weights, order and dropout. tokens, width: K and D of one view; inputs are whole views side by side,
            then further numbers.
    """

    seed: int
    tokens: int
    width: int
    name: str = "attentive"
    text: str = "attentive probe of the frozen tokens"

    def config(self) -> dict[str, Any]:
        return {
            "hidden": HIDDEN, "dropout": DROPOUT, "heads": HEADS, "queries": QUERIES, "learning_rate": LEARNING_RATE,
            "weight_decay": WEIGHT_DECAY, "batch": BATCH, "epochs": EPOCHS, "patience": PATIENCE, "aside": ASIDE,
        }  # fmt: skip

    def classes(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray, count: int) -> Predictor:
        weight = torch.tensor(len(y) / (count * np.bincount(y, minlength=count)), dtype=torch.float32)

        def loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
            if not bool((wanted != UNKNOWN).any()):
                return logits.sum() * 0
            return F.cross_entropy(logits, wanted, weight, ignore_index=UNKNOWN)

        return self._fit(train, y, val, y_val, count, loss, lambda x: torch.softmax(x, 1))

    def sets(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        count = y.sum(axis=0)
        weight = torch.tensor(np.clip((len(y) - count) / np.maximum(count, 1), *POSITIVE_WEIGHT), dtype=torch.float32)

        def loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
            return F.binary_cross_entropy_with_logits(logits, wanted, pos_weight=weight)

        as_float = (y.astype(np.float32), y_val.astype(np.float32))
        return self._fit(train, as_float[0], val, as_float[1], y.shape[1], loss, torch.sigmoid)

    def vectors(self, train: Pool, y: np.ndarray, val: Pool, y_val: np.ndarray) -> Predictor:
        mean, std = y.mean(axis=0, dtype=np.float64), y.std(axis=0, dtype=np.float64)
        std[std < MIN_STD] = 1
        scaled = [((v.reshape(-1, y.shape[1]) - mean) / std).astype(np.float32) for v in (y, y_val)]
        fitted = cast(Fitted, self._fit(train, scaled[0], val, scaled[1], y.shape[1], F.mse_loss, lambda x: x))
        share = 1.0
        if len(val):  # how far to leave the training mean
            guess = fitted.predict(val)
            share = float(np.clip((guess * scaled[1]).sum() / max((guess * guess).sum(), 1e-9), 0, 1))

        def predict(pool: Pool) -> np.ndarray:
            return cast(np.ndarray, (fitted.predict(pool) * share * std + mean).astype(np.float32))

        return Fitted(predict, fitted.fit | {"share": share})

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
        x = torch.from_numpy(train.inputs())
        x_val = torch.from_numpy(np.concatenate(list(val.chunks()))) if len(val) else x[:0]
        if not len(val):
            apart = aside(train) if len(x) > 1 else np.ones(1, bool)
            x_val, y_val = x[apart], y[apart]
            x, y = (x[~apart], y[~apart]) if len(x) > 1 else (x, y)
        mean, std = x.mean(0), x.std(0)
        std[std < MIN_STD] = 1

        def ready(rows: np.ndarray | torch.Tensor) -> torch.Tensor:
            return ((torch.as_tensor(rows) - mean) / std).clamp(-10, 10)

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            model = Probe(self.tokens, self.width, x.shape[1], outputs)
            x, target = ready(x), torch.from_numpy(y)
            epochs, best = _descend(model, loss, (x, target), (ready(x_val), torch.from_numpy(y_val)), self.seed)

        def predict(pool: Pool) -> np.ndarray:
            with torch.inference_mode():
                parts = [answer(model(ready(chunk))) for chunk in pool.chunks()]
                return np.asarray(torch.cat(parts).numpy())

        return Fitted(predict, {"epochs": epochs, "validation_loss": best})


class Probe(nn.Module):
    """[n, inputs] to [n, outputs].

    Queries ask and values answer by head, but keys are never made: (W_k token) query = token (W_k^T query), and places
    are the same for all samples, so that both are projected once a step and not once a token.
    """

    def __init__(self, tokens: int, width: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.count, self.width = inputs // (tokens * width) * tokens, width
        extra = inputs - self.count * width
        self.place = nn.Parameter(torch.randn(self.count, width))
        """Of the size of a token: where to look is learnt first."""
        self.query = nn.Parameter(torch.randn(QUERIES, width))
        self.ask, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.value = nn.Parameter(torch.empty(HEADS, width, width // HEADS))
        nn.init.xavier_uniform_(self.value)
        self.drop = nn.Dropout(0.1)
        wide = QUERIES * width + extra
        self.answer = nn.Sequential(
            nn.Dropout(DROPOUT), nn.Linear(wide, HIDDEN), nn.GELU(), nn.LayerNorm(HIDDEN), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, outputs),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        cut, each = self.count * self.width, self.width // HEADS
        tokens = F.layer_norm(x[:, :cut].unflatten(1, (self.count, self.width)), (self.width,))
        asked = self.ask(self.query).unflatten(1, (HEADS, each))
        directions = torch.einsum("qhe,hed->qhd", asked, self.key.weight.unflatten(0, (HEADS, each))).flatten(0, 1)
        scores = tokens @ directions.T + self.place @ directions.T
        share = self.drop(torch.softmax(scores / each**0.5, 1))
        seen = torch.einsum(
            "nqhd,hde->nqhe", (share.transpose(1, 2) @ tokens).unflatten(1, (QUERIES, HEADS)), self.value
        )
        found: torch.Tensor = self.answer(torch.cat([seen.flatten(1), x[:, cut:]], 1))
        return found


def _descend(
    model: Probe,
    loss: Loss,
    train: tuple[torch.Tensor, torch.Tensor],
    val: tuple[torch.Tensor, torch.Tensor],
    seed: int,
) -> tuple[int, float]:
    """Trains in place and leaves the weights of the least validation loss; (epochs, that loss)."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    best, waited, epoch = float("inf"), 0, 0
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    while epoch < EPOCHS and waited < PATIENCE:
        epoch += 1
        model.train()
        for rows in torch.randperm(len(train[0]), generator=generator).split(BATCH):
            threads.adapt()
            optimiser.zero_grad()
            loss(model(train[0][rows]), train[1][rows]).backward()
            optimiser.step()
        model.eval()
        with torch.inference_mode():
            value = float(loss(model(val[0]), val[1]))
        if value < best:
            best, waited = value, 0
            kept = {name: value.clone() for name, value in model.state_dict().items()}
        else:
            waited += 1
    model.load_state_dict(kept)
    model.eval()
    return epoch, best
