"""Sizes by one dial d: a trunk of 2 d + 2 layers, 128 d wide; heads and everything else follow.

A trunk layer has 12 width^2 parameters with as many key heads as query heads (4 for attention, 8 for SwiGLU at 8/3),
and 8 + 2 (1 + key heads / heads) width^2 with fewer.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol

from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import UsageError
from xperience.model.config import External, ModelConfig, StreamShape
from xperience.prepare.streams import STREAMS

DIALS = {"nano": 1, "micro": 2, "0.3b": 8, "1b": 13, "3b": 20, "7b": 26}


def size(
    name: str,
    streams: Mapping[str, StreamShape] | None = None,
    external: Mapping[str, External] | None = None,
    **changes: Any,
) -> ModelConfig:
    """A config by name.

    Args:
        streams: how the data stands in batches (`shapes`); without, as the standard recipe prepares it. external:
        encoders of others. changes: of single numbers of the config.

    Raises:
        UsageError: no such size, or a change of something that a model does not have or that does not fit.
    """
    if name not in DIALS:
        near = difflib.get_close_matches(name, DIALS, 1, 0.0)
        raise UsageError(
            "no such size", field="size", found=name, expected=", ".join(DIALS), hint=f"did you mean {near[0]!r}?"
        )
    known = [item.name for item in fields(ModelConfig)]
    for change in changes:
        if change not in known or change in ("name", "streams", "external"):
            near = difflib.get_close_matches(change, known, 1, 0.0)
            raise UsageError("a model has no such number", field=change, hint=f"did you mean {near[0]!r}?")
    d = DIALS[name]
    small = d <= 2
    heads = 4 * d if small else d
    numbers = {
        "width": 128 * d, "layers": 2 * d + 2, "heads": heads, "kv_heads": heads if small else _groups(heads),
        "stem": "conv" if small else "patch", "view_grid": 2 if small else 7 if d < 18 else 14,
        "depth_grid": 2 if small else 8, "confidence_grid": 1 if small else 2, "audio_tokens": 1 if small else 3,
        "imu_tokens": 1 if small else 2, "motion_tokens": 1 if small else 5, "text_width": 128 * d if small else 64 * d,
        "text_layers": max(1, d // 6), "writer_layers": max(2, d // 6),
        "vocabulary": 2048 if small else 32768, "context_s": 8.0 if small else 32.0,
    }  # fmt: skip
    given = {"name": name, "streams": dict(streams or standard()), "external": dict(external or {})}
    return ModelConfig(**given | numbers | changes)


def _groups(heads: int) -> int:
    """Key heads: the largest divisor of the heads that is at most a third of them."""
    return max(n for n in range(1, heads // 3 + 1) if heads % n == 0)


class Slots(Protocol):
    """What `pretrain.batches.Layout` says of a stream in a batch."""

    @property
    def window(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def step_s(self) -> float: ...


def shapes(layouts: Mapping[str, Slots]) -> dict[str, StreamShape]:
    """How streams stand in the batches that a model is for."""
    return {name: StreamShape(one.window, tuple(one.shape), one.step_s) for name, one in layouts.items()}


def standard(seconds: float = 1.0, video: int = 224, depth: int = 256) -> dict[str, StreamShape]:
    """Every stream at its own rate; pictures of these many pixels a side."""
    sizes = {"video": (video, video), "depth": (depth, depth)}
    return {
        name: StreamShape(
            round(seconds * NOMINAL_FPS) if stream.per_frame else stream.capacity(seconds),
            sizes.get(stream.modality, ()) + tuple(n for n in stream.shape if n is not None),
            1 / stream.rate_hz,
        )
        for name, stream in STREAMS.items()
    }
