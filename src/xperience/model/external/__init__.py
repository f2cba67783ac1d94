"""Encoders from `transformers` in place of the model's own for video and for sound: one file a modality.

What stands around them stays: times, presence, views and rays, and that a token depends on its own block alone. A trained
layer brings what they tell to the model's width. Their weights are read from a folder on disk; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast


@dataclass(frozen=True)
class Kind:
    """A type of encoder that can be used.

    Attributes:
        model, config: classes in `transformers`. part: key of the folder's config that holds the encoder's, where the folder
            is of a larger model. core: the part of the model that is used, "" for all of it.
        changes: of the config, for what would be made and not used. options: of the model's constructor.
        idle: parameters that do not touch what is used.
        resizes: told when pictures are not of the size that its positions were learnt for.
        colours: mean and spread of them, 0 to 1, where the folder does not say.
    """

    model: str
    config: str
    part: str = ""
    core: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    idle: tuple[str, ...] = ()
    resizes: bool = False
    colours: tuple[tuple[float, ...], tuple[float, ...]] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def kinds(modality: str) -> dict[str, Kind]:
    """By what `model_type` says in a folder's config."""
    return cast(dict[str, Kind], import_module(f"{__name__}.{modality}").KINDS)
