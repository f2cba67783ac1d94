"""Steps small enough to compute by hand: batches of a few numbers, and a model that gives states made beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from xperience.model.config import ModelConfig, StreamShape
from xperience.model.model import State
from xperience.model.tokens import Tokens
from xperience.prepare.batch import Batch, Cameras, StreamBatch, TextBatch
from xperience.prepare.streams import STREAMS
from xperience.pretrain.step import Step, Texts

FRAMES, FUTURE, RATE = 10, 10, 20.0


def config(width: int = 2, blocks: int = 2, **changes: Any) -> ModelConfig:
    """Blocks of 5 frames, a readout a block, every stream that objectives ask for."""
    shapes = {
        name: StreamShape(FRAMES if s.per_frame else 110, tuple(n or 8 for n in s.shape), 1 / s.rate_hz)
        for name, s in STREAMS.items()
    }
    options: dict[str, Any] = {
        "width": width, "layers": 1, "heads": 1, "kv_heads": 1, "readouts": 1, "text_width": 2 * width,
        "window_s": 0.25 * blocks, "horizon_s": 0.5, "streams": shapes,
    }  # fmt: skip
    return ModelConfig(**options | changes)


def stream(values: Any, valid: Any = None, slots: int = FRAMES, rate: float = RATE) -> StreamBatch:
    """Values [B, N, ...] at an even rate from the window's first frame on, valid unless told otherwise."""
    values = torch.as_tensor(values)
    size = values.shape[:2]
    valid = torch.ones(size, dtype=torch.bool) if valid is None else torch.as_tensor(valid)
    times = (torch.arange(size[1]) / rate).expand(size)
    return StreamBatch(values, times, valid, (~valid.any(1)).to(torch.int8), slots)


def batch(
    size: int = 1,
    streams: Mapping[str, StreamBatch] | None = None,
    frames: int = FRAMES,
    future: int = FUTURE,
    start: Sequence[int] | None = None,
    episode: Sequence[int] | None = None,
    source: Sequence[int] | None = None,
    **text: Any,
) -> Batch:
    """A batch with some streams and some of what is said; every sample of another episode unless told otherwise."""
    none = [""] * size
    said: dict[str, Any] = {
        "action": none, "subtask": none, "next_action": none, "main_task": none, "objects": [()] * size,
        "future_objects": [()] * size, "interaction": none, "transition": np.zeros(size, bool),
        "action_span": [None] * size, "known": np.ones(size, bool),
    }  # fmt: skip
    z = torch.zeros
    cameras = Cameras(z(size, 6, 4), z(size, 6, 4), z(size, 6, 3, 4), z(size, 6).bool(), z(size, 6).bool(),
                      z(size, 1, 3), z(size, 1).bool())  # fmt: skip
    return Batch(
        k=np.arange(size), mask_seed=np.arange(size).astype(np.uint64), weight=torch.ones(size),
        source=np.array(source if source is not None else [0] * size),
        episode=np.array(episode if episode is not None else range(size)),
        start_frame=np.array(start if start is not None else [0] * size), episode_id=["s__ep"] * size, frames=frames,
        future=future, rate_hz=RATE, streams=dict(streams or {}), text=TextBatch(**said | text), cameras=cameras,
    )  # fmt: skip


def state(readout: Any, x: Any = None, known: Any = None, places: Mapping[str, slice] | None = None) -> State:
    """A state with readouts [B, T, R, D] and tokens [B, N, D]; all of them known unless told otherwise."""
    readout = torch.as_tensor(readout, dtype=torch.float32)
    size, blocks, _, width = readout.shape
    x = torch.zeros(size, blocks, width) if x is None else torch.as_tensor(x, dtype=torch.float32)
    count = x.shape[1]
    known = torch.ones(size, count, dtype=torch.bool) if known is None else torch.as_tensor(known)
    time = torch.zeros(size, count, dtype=torch.float64)
    tokens = Tokens(x, torch.zeros_like(x), time, known, np.zeros(count, np.int64), dict(places or {}))
    return State(tokens, x, readout, torch.zeros(size, blocks, dtype=torch.float64))


class Words:
    """A text encoder that knows its texts by heart; "" is nothing."""

    def __init__(self, vectors: Mapping[str, Sequence[float]]) -> None:
        self.vectors = {"": [0.0] * len(next(iter(vectors.values()))), **vectors} if vectors else {}

    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        return torch.tensor([self.vectors[text] for text in texts], dtype=torch.float32)

    bank = embed


class Model:
    """Gives the states that it was made with, and notes what it was asked for.

    Args:
        masked: of the student's masked view. sides: by the streams that may be looked at.
    """

    def __init__(
        self,
        masked: State | None = None,
        sides: Mapping[frozenset[str], State] | None = None,
        words: Mapping[str, Sequence[float]] | None = None,
        targets: Mapping[str, tuple[torch.Tensor, torch.Tensor]] | None = None,
    ) -> None:
        self.masked, self.sides, self.text = masked, dict(sides or {}), Words(words or {})
        self.wanted = dict(targets or {})
        self.encoded: list[tuple[Batch, Any]] = []
        self.fused: list[dict[str, Any]] = []

    def encode(self, batch: Batch, dropped: Any = None) -> str:
        self.encoded.append((batch, dropped))
        return "encoded"

    def fuse(self, encoded: str, streams: Sequence[str] | None = None, **options: Any) -> State:
        self.fused.append({"streams": streams, **options})
        if streams is None:
            assert self.masked is not None
            return self.masked
        return self.sides[frozenset(streams)]

    def targets(self, batch: Batch, stream: str) -> tuple[torch.Tensor, torch.Tensor]:
        return self.wanted[stream]


class Teacher:
    """Gives the state of the window, or of the span behind it."""

    def __init__(self, window: State | None = None, future: State | None = None) -> None:
        self.states = {"window": window, "future": future}

    def __call__(self, batch: Batch, part: str = "window") -> State:
        found = self.states[part]
        assert found is not None
        return found


class Fixed(nn.Module):
    """A network that says the same whatever it is given."""

    def __init__(self, said: Any) -> None:
        super().__init__()
        self.said = torch.as_tensor(said, dtype=torch.float32)

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        return self.said


def zeroed(objective: nn.Module) -> nn.Module:
    """The objective with every weight at 0: its networks say 0."""
    with torch.no_grad():
        for parameter in objective.parameters():
            parameter.zero_()
    return objective


def step(
    batch: Batch,
    model: Model,
    teacher: Teacher | None = None,
    hidden: Mapping[str, Any] | None = None,
    dropped: Sequence[str] = (),
    dropped_language: Sequence[bool] | None = None,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    number: int = 0,
) -> Step:
    """A step; `dropped` streams are taken from every sample, `dropped_language` by sample (all, unless told otherwise)."""
    size = batch.size
    gone = torch.tensor([[name in dropped for name in STREAMS]] * size)
    blind = [True] * size if dropped_language is None else list(dropped_language)
    masks = {name: torch.as_tensor(mask) for name, mask in (hidden or {}).items()}
    given: Any = model
    return Step(
        given, teacher or given, batch, Texts(labels or {}), masks, gone, torch.tensor(blind), number, torch.Generator()
    )
