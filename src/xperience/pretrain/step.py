"""One training step as objectives see it: states are computed when first asked for, and once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from xperience.prepare.batch import Batch

if TYPE_CHECKING:
    from xperience.model.model import State, XperienceModel


@dataclass
class Term:
    """One loss as a sum and how many elements it sums over on this rank; scalar tensors.

    The trainer divides by the count over all ranks, so that what is absent weighs nothing anywhere. `total` must hang
    on every parameter of its objective even where `count` is 0 (add `0 * parameter.sum()`).
    """

    total: torch.Tensor
    count: torch.Tensor


@dataclass(frozen=True)
class Texts:
    """Distinct labels of the training split, by kind: "action", "subtask", "object". Fixed for a run."""

    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Step:
    """What an objective may look at.

    Attributes:
        model: the student, possibly wrapped. teacher: its moving average; no gradient flows there.
        batch: torch tensors. texts: labels of the training split.
        hidden: stream to [B, N of the stream] bool, tokens hidden from the student in `masked`.
        dropped: [B, S] bool, whole streams that we take away from the student in `masked`, in registry order.
        dropped_language: [B] bool, samples whose language input is taken away.
        number: global step. generator: for draws that need not be the same on other ranks; seeded by the samples.
    """

    model: XperienceModel
    teacher: XperienceModel
    batch: Batch
    texts: Texts
    hidden: Mapping[str, torch.Tensor]
    dropped: torch.Tensor
    dropped_language: torch.Tensor
    number: int
    generator: torch.Generator
    cache: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def masked(self) -> State:
        """The student's view: some tokens hidden, some streams dropped."""
        return self.model(
            self.batch, hidden=self.hidden, dropped=self.dropped, language=(self.captions, ~self.dropped_language)
        )

    def seen(self, side: str, streams: tuple[str, ...], part: str = "window") -> State:
        """The student's view through some streams only; `side` names it, so that objectives share the work."""
        key = f"{side}/{part}"
        if key not in self.cache:
            self.cache[key] = self.model(self.batch, streams=streams, part=part)
        return self.cache[key]

    @cached_property
    def captions(self) -> list[str]:
        """What is said about each window: its objects, then the interaction; "" where nothing is."""
        text = self.batch.text
        return [
            " ".join([*objects, ". " if objects and said else "", said]).strip() if known else ""
            for objects, said, known in zip(text.objects, text.interaction, text.known, strict=True)
        ]

    def embedded(self, kind: str) -> torch.Tensor:
        """[C, E] all labels of a kind by the student's language encoder."""
        if kind not in self.cache:
            self.cache[kind] = self.model.text.embed(list(self.texts.labels[kind]))
        return self.cache[kind]

    @cached_property
    def target(self) -> State:
        """The teacher's view of the whole window."""
        with torch.no_grad():
            return self.teacher(self.batch)

    @cached_property
    def target_future(self) -> State:
        """The teacher's view of the span behind the window."""
        with torch.no_grad():
            return self.teacher(self.batch, part="future")
