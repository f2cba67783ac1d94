"""Objectives: one file each, one class each; what is learnt from a step is their weighted sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from torch import nn

    from xperience.model.config import ModelConfig
    from xperience.pretrain.step import Step, Term

NAMES = (
    "masked", "alignment", "pairs", "future", "ego_motion", "hand_motion", "action", "language", "contact", "policy",
)  # fmt: skip

IN_PART = ("alignment", "pairs")
"""Those whose negatives are the samples of one part of a batch, on all ranks: in more parts they have fewer, and learn
something else. Losses and gradients of all others are the same in any number of parts."""


class Objective(Protocol):
    """An `nn.Module` with heads of its own.

    Attributes:
        name: of its file. needs: streams without which it cannot be asked; none, if it does not say.
    """

    name: str
    needs: tuple[str, ...]

    def __call__(self, step: Step) -> dict[str, Term]:
        """Losses of this step by name, as sums with counts."""
        ...


def build(names: list[str] | tuple[str, ...], config: ModelConfig, channels: dict[str, int]) -> dict[str, nn.Module]:
    """The named objectives.

    Args:
        channels: numbers that one token of each stream stands for, as the encoders say.

    Raises:
        UsageError: the data lacks a stream that one of them needs.
    """
    from importlib import import_module

    from xperience.errors import UsageError

    built = {}
    for name in names:
        assert name in NAMES, name
        module = import_module(f"{__name__}.{name}")
        kind = getattr(module, "".join(part.capitalize() for part in name.split("_")))
        lacking = [stream for stream in getattr(kind, "needs", ()) if stream not in config.streams]
        if lacking:
            raise UsageError(
                "the objective needs a stream that the data lacks",
                field=f"objectives.{name}",
                found=f"no {lacking[0]}",
                expected=" and ".join(kind.needs),
                hint=f"weigh it 0 (--set objectives.{name}=0), or prepare that stream too",
            )
        built[name] = cast("nn.Module", kind(config, channels) if name == "masked" else kind(config))
    return built
