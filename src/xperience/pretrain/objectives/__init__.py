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


class Objective(Protocol):
    """An `nn.Module` with heads of its own.

    Attributes:
        name: of its file.
    """

    name: str

    def __call__(self, step: Step) -> dict[str, Term]:
        """Losses of this step by name, as sums with counts."""
        ...


def build(names: list[str] | tuple[str, ...], config: ModelConfig, channels: dict[str, int]) -> dict[str, nn.Module]:
    """The named objectives.

    Args:
        channels: numbers that one token of each stream stands for, as the encoders say.
    """
    from importlib import import_module

    built = {}
    for name in names:
        assert name in NAMES, name
        module = import_module(f"{__name__}.{name}")
        kind = getattr(module, "".join(part.capitalize() for part in name.split("_")))
        built[name] = cast("nn.Module", kind(config, channels) if name == "masked" else kind(config))
    return built
