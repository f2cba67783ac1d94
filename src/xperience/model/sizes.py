"""Sizes by one dial: the number of layers. Width, heads and everything else follow.

    width = 64 layers below 16 layers, 128 from there on in steps of 128; a head for each 64 (128 from 2,048 on).

A trunk layer has 12 width^2 parameters with as many key heads as query heads (4 for attention, 8 for SwiGLU at 8/3).
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

from xperience.errors import UsageError
from xperience.model.config import ModelConfig, StreamShape

DIALS = {"nano": (4, 128), "micro": (6, 256), "0.3b": (22, 1024), "1b": (24, 1792), "3b": (30, 2816), "7b": (32, 4096)}
"""Layers and width."""


def size(name: str, streams: dict[str, StreamShape] | None = None, **changes: Any) -> ModelConfig:
    """A config by name.

    Raises:
        UsageError: no such size, or a change of something that a model does not have.
    """
    if name not in DIALS:
        near = difflib.get_close_matches(name, DIALS, 1, 0.0)
        raise UsageError(
            "no such size", field="size", found=name, expected=", ".join(DIALS), hint=f"did you mean {near[0]!r}?"
        )
    layers, width = DIALS[name]
    head = 32 if width < 256 else 64 if width < 2048 else 128
    heads = width // head
    small = width < 512
    config = ModelConfig(
        name=name, width=width, layers=layers, heads=heads, kv_heads=heads if small else max(1, heads // 4),
        stem="conv" if small else "patch", grid=2 if small else 7 if width < 2048 else 14,
        text_width=width if small else width // 2, text_layers=1 if small else max(2, layers // 4),
        writer_layers=2 if small else max(2, layers // 4), vocabulary=2048 if small else 32768,
        context_s=8.0 if small else 64.0, streams=streams or {},
    )  # fmt: skip
    try:
        return replace(config, **changes)
    except TypeError as error:
        raise UsageError("a model has no such number", field="changes", found=str(error)) from error
