"""One training step as objectives see it: states are computed when first asked for, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from xperience.prepare.batch import Batch, TextBatch

if TYPE_CHECKING:
    from xperience.model.model import Encoded, State, XperienceModel


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


def _alone(rows: torch.Tensor) -> torch.Tensor:
    return rows


@dataclass
class Step:
    """What an objective may look at.

    Attributes:
        model: the student, possibly wrapped. teacher: its moving average; no gradient flows there.
        batch: torch tensors. texts: labels of the training split.
        hidden: stream to [B, N of the stream] bool, tokens hidden from the student in `masked`.
        dropped: [B, S] bool, whole streams that we take away from the student in `masked`, in registry order.
        dropped_language: [B] bool, samples whose language input is taken away.
        light: view to [B, 2, 3], how its colours are changed for the student.
        number: global step. generator: for draws that need not be the same on other ranks; seeded by the samples.
        whole: every objective is asked, whether it is its turn or not; only those whose turn it is are trained on.
        probed: the others have gradients too, to be compared.
        gathered: rows [n, ...] of this rank to those of all ranks, its own in front; gradients come back from there.
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
    light: Mapping[str, torch.Tensor] = field(default_factory=dict)
    whole: bool = False
    probed: bool = False
    gathered: Callable[[torch.Tensor], torch.Tensor] = _alone
    cache: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def encoded(self) -> Encoded:
        """Tokens of the window, without the streams that were dropped; all of the student's views share them."""
        return self.model.encode(lit(self.batch, self.light), dropped=self.dropped)

    @cached_property
    def masked(self) -> State:
        """The student's view: some tokens hidden, some streams dropped."""
        return self.model.fuse(self.encoded, hidden=self.hidden, language=(self.captions, ~self.dropped_language))

    def seen(self, side: str, streams: tuple[str, ...]) -> State:
        """The student's view through some streams only; `side` names it, so that objectives share the work."""
        if side not in self.cache:
            self.cache[side] = self.model.fuse(self.encoded, streams)
        return self.cache[side]

    @cached_property
    def captions(self) -> list[str]:
        return captions(self.batch.text)

    def embedded(self, kind: str) -> torch.Tensor:
        """[C, E] all labels of a kind by the student's language encoder."""
        if kind not in self.cache:
            self.cache[kind] = self.model.text.bank(tuple(self.texts.labels[kind]))
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


def captions(text: TextBatch) -> list[str]:
    """What is said about each window and may be read to the model: its objects, then the interaction; "" where nothing
    is."""
    return [
        " ".join([*objects, ". " if objects and said else "", said]).strip() if known else ""
        for objects, said, known in zip(text.objects, text.interaction, text.known, strict=True)
    ]


def lit(batch: Batch, light: Mapping[str, torch.Tensor]) -> Batch:
    """The batch with colours of views [B, slots, H, W, 3] stretched and shifted."""
    streams = dict(batch.streams)
    for view, change in light.items():
        gain, shift = change[:, None, None, None].unbind(-2)
        values = (streams[view].values.float() * gain + 255 * shift).clamp(0, 255)
        streams[view] = replace(streams[view], values=values)
    return replace(batch, streams=streams) if light else batch
