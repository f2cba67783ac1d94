"""All that is trained, as one module: the student, its moving average, and the objectives with their heads."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from xperience.prepare.batch import Batch
from xperience.pretrain import masking
from xperience.pretrain.config import Masking, Objective
from xperience.pretrain.distributed import local
from xperience.pretrain.step import Step, Term, Texts


class Learner(nn.Module):
    """Student, teacher and objectives.

    Everything happens inside `forward`, whatever methods of the model an objective calls: a sharded module has its
    parameters gathered exactly there.

    Args:
        model: the student. objectives: by name. texts: labels of the training split. hiding: options of the masks.
        times: stream to [N] seconds of its tokens in the window. turns: when objectives are trained on; always, if not there.
    """

    def __init__(
        self,
        model: nn.Module,
        objectives: Mapping[str, nn.Module],
        texts: Texts,
        hiding: Masking,
        times: Mapping[str, np.ndarray],
        turns: Mapping[str, Objective] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.teacher = copy.deepcopy(model).requires_grad_(False)
        self.objectives = nn.ModuleDict(dict(objectives))
        self.texts, self.hiding, self.times, self.turns = texts, hiding, times, turns or {}

    @property
    def trunk(self) -> nn.Module:
        return cast("nn.Module", self.model.trunk)

    def blocks(self) -> list[nn.Module]:
        """Layers of student and teacher trunks: units that are sharded, recomputed and compiled."""
        return [
            layer
            for trunk in (self.trunk, cast("nn.Module", self.teacher.trunk))
            for stack in trunk.children()
            if isinstance(stack, nn.ModuleList)
            for layer in stack
        ]

    def language(self) -> list[nn.Module]:
        """Layers that read and write text: units that are sharded and recomputed. Texts are too many lengths to compile."""
        parts = [getattr(model, name, None) for model in (self.model, self.teacher) for name in ("text", "writer")]
        return [layer for part in parts if part is not None for layer in part.layers]

    def step(self, batch: Batch, number: int, seed: int, device: torch.device, **options: Any) -> Step:
        """What objectives look at, for a batch of numpy arrays. options: `whole`, `probed` and `gathered` of `Step`."""
        masks = masking.draw(batch.mask_seed, self.times, self.hiding)
        generator = torch.Generator(device="cpu").manual_seed(seed)
        return Step(
            model=cast("Any", self.model),
            teacher=cast("Any", self.teacher),
            batch=on_device(batch, device),
            texts=self.texts,
            hidden={name: torch.from_numpy(value).to(device) for name, value in masks.hidden.items()},
            dropped=torch.from_numpy(masks.dropped).to(device),
            dropped_language=torch.from_numpy(masks.dropped_language).to(device),
            number=number,
            generator=generator,
            light={name: torch.from_numpy(value).to(device) for name, value in masks.light.items()},
            **options,
        )

    def forward(self, step: Step) -> dict[str, dict[str, Term]]:
        """Losses of the objectives that are due, by objective and name, as sums and counts of this rank; of a step that is
        looked at `whole` those of the others too, asked after them and without gradients unless it is `probed`."""
        due = {name: ask(step) for name, ask in self.objectives.items() if self.due(name, step.number)}
        if not step.whole:
            return due
        with nullcontext() if step.probed else torch.no_grad():
            return due | {name: ask(step) for name, ask in self.objectives.items() if name not in due}

    def due(self, name: str, number: int) -> bool:
        """Whether it is an objective's turn to be trained on."""
        return name not in self.turns or self.turns[name].due(number)

    @torch.no_grad()
    def follow(self, keep: float) -> None:
        """The teacher moves towards the student: teacher = keep teacher + (1 - keep) student."""
        mine = [local(p.detach()) for p in self.model.parameters()]
        theirs = [local(p.detach()) for p in self.teacher.parameters()]
        torch._foreach_lerp_(theirs, mine, 1 - keep)
        for ours, other in zip(self.model.buffers(), self.teacher.buffers(), strict=True):
            other.copy_(ours)


def groups(module: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameters for the optimiser: matrices are drawn towards 0, scales and offsets are not."""
    trained = [p for p in module.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]


def trained(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def accelerate(blocks: Iterable[nn.Module], recompute: bool, compiled: bool) -> None:
    """In place: activations of each block are computed again on the way back, and blocks are compiled."""
    if compiled:
        # a probed step goes back through a block several times, so it must leave what it kept as it is
        import torch._functorch.config as functorch

        functorch.donated_buffer = False
    for block in blocks:
        if recompute and any(p.requires_grad for p in block.parameters()):
            # inside of what sharding hangs around a call: parameters are there when it is run again
            block.forward = _again(block.forward)
        if compiled:
            block.compile()


def _again(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Forget what is computed, and compute it again on the way back."""
    from torch.utils.checkpoint import checkpoint

    def forward(*given: Any, **options: Any) -> Any:
        # a frame of ours: the compiler looks into it, but not into `checkpoint` where that is the outermost one
        return checkpoint(inner, *given, use_reentrant=False, **options)

    return forward


def on_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with torch tensors; language and what names samples stay as they are."""

    def moved(owner: Any, names: Iterable[str]) -> dict[str, torch.Tensor]:
        return {name: _tensor(getattr(owner, name), device) for name in names}

    streams = {
        name: replace(one, **moved(one, ("values", "times", "valid", "presence")))
        for name, one in batch.streams.items()
    }
    fields = ("K", "D", "T_camera_body", "fisheye", "valid", "points", "points_valid")
    cameras = replace(batch.cameras, **moved(batch.cameras, fields))
    return replace(batch, streams=streams, cameras=cameras, **moved(batch, ("weight",)))


def _tensor(values: Any, device: torch.device) -> torch.Tensor:
    if isinstance(values, torch.Tensor):
        return values.to(device)
    if not values.flags.writeable:
        values = values.copy()
    found = torch.from_numpy(values)
    return found.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else found
