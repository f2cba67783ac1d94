"""An encoder of another library inside the model.

Frozen, it is no part of the model: not among its parameters, not in its state, one for student and teacher, loaded when
first used. Trained, whole or by its norms alone, it is a part like others: weights of a run hold all of it. Always in
evaluation mode: without dropout, so that a window's tokens do not hang on chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

import torch
from torch import nn

from xperience.errors import CorruptError, FormatError
from xperience.model.config import External
from xperience.model.external import Kind

PART = 64
"""Pictures or blocks that a frozen encoder is asked about at once: bounds its memory."""


class Guest(nn.Module):
    """Args: external: which. kind: its entry in the modality's table."""

    def __init__(self, external: External, kind: Kind) -> None:
        super().__init__()
        self.external, self.kind = external, kind
        self.shared = _Shared(external, kind) if external.train == "none" else None
        if self.shared is None:
            self.inner = bare(external, kind)
            for module in self.inner.modules():
                module._non_persistent_buffers_set.clear()  # positions and the like travel with the weights
            learns = _norms(self.inner) if external.train == "norms" else {id(p) for p in self.inner.parameters()}
            for name, parameter in self.inner.named_parameters():
                parameter.requires_grad_(id(parameter) in learns and not name.startswith(kind.idle))
        self.train(False)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        if self.shared is None:
            self.inner.train(False)
        return self

    def reset_parameters(self) -> None:
        """Fresh weights are those of the folder."""
        if self.shared is not None or next(self.inner.parameters()).is_meta:
            return
        loaded = load(self.external, self.kind)
        with torch.no_grad():
            for mine, theirs in (
                (dict(self.inner.named_parameters()), dict(loaded.named_parameters())),
                (dict(self.inner.named_buffers()), dict(loaded.named_buffers())),
            ):
                for name, value in theirs.items():
                    mine[name].copy_(value)

    def ready(self) -> None:
        """Looks now whether the weights can be loaded, so that nobody learns it later."""
        if self.shared is not None:
            self.shared.on(None)
        elif self.external.place:
            load(self.external, self.kind)

    def over(self, ask: Callable[[nn.Module, torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """What `ask(encoder, x)` tells of x [n, ...]; if frozen, some rows at a time and without gradients."""
        if self.shared is None:
            return ask(self.inner, x)
        encoder = self.shared.on(x.device)
        with torch.no_grad():
            return torch.cat([ask(encoder, part) for part in x.split(PART)])


class _Shared:
    """The one frozen encoder that a model and its copies use."""

    def __init__(self, external: External, kind: Kind) -> None:
        self.external, self.kind = external, kind
        self.encoder: nn.Module | None = None
        self.device = torch.device("cpu")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def on(self, device: torch.device | None) -> nn.Module:
        if self.encoder is None:
            self.encoder = load(self.external, self.kind).requires_grad_(False)
        if device is not None and device != self.device:
            self.encoder, self.device = self.encoder.to(device), device
        return self.encoder


def config_of(external: External, kind: Kind) -> Any:
    """The encoder's config as `transformers` has it."""
    import transformers

    return getattr(transformers, kind.config).from_dict(dict(external.about) | dict(kind.changes))


def bare(external: External, kind: Kind) -> nn.Module:
    """The encoder with weights of no meaning, on the current device."""
    import transformers

    model = getattr(transformers, kind.model)(config_of(external, kind), **kind.options)
    return cast("nn.Module", model.get_submodule(kind.core)).eval()


def load(external: External, kind: Kind) -> nn.Module:
    """The encoder with the weights of its folder, in float32 on the CPU.

    Raises:
        CorruptError: they cannot be read. FormatError: they are of another encoder.
    """
    import transformers
    from safetensors import SafetensorError

    with _quiet(), torch.device("cpu"), torch.random.fork_rng(devices=[]):
        try:
            model, facts = getattr(transformers, kind.model).from_pretrained(
                external.place, config=config_of(external, kind), local_files_only=True, use_safetensors=True,
                trust_remote_code=False, dtype=torch.float32, output_loading_info=True, **kind.options,
            )  # fmt: skip
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise CorruptError("the encoder cannot be loaded", file=external.place, found=str(error)[:300]) from error
    used = f"{kind.core}." if kind.core else ""
    lacking = sorted(name for name in facts["missing_keys"] if name.startswith(used) and not name.startswith(kind.idle))
    if lacking:
        raise FormatError(
            "the weights are of another encoder than the config says", file=external.place, field=lacking[0],
            found=f"{len(lacking)} weights are missing",
        )  # fmt: skip
    return cast("nn.Module", model.get_submodule(kind.core)).eval()


def _norms(module: nn.Module) -> set[int]:
    """Parameters of normalising layers, by id."""
    return {
        id(p) for m in module.modules() if "Norm" in type(m).__name__ for p in m.parameters(recurse=False)
    }  # fmt: skip


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's bars and reports."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def guests(module: nn.Module) -> list[Guest]:
    return [m for m in module.modules() if isinstance(m, Guest)]


def ready(module: nn.Module) -> None:
    """See `Guest.ready`, for all of a model; each but once."""
    seen: set[str] = set()
    for guest in guests(module):
        if guest.external.digest not in seen:
            guest.ready()
        seen.add(guest.external.digest)


def frozen(module: nn.Module) -> int:
    """Parameters of the frozen encoders that a model asks; nothing is loaded."""
    with torch.device("meta"):
        each = [bare(g.external, g.kind) for g in guests(module) if g.shared is not None]
    return sum(p.numel() for one in each for p in one.parameters())
