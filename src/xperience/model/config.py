"""All numbers of a model; plain data that is saved with its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from xperience.episode.layout import NOMINAL_FPS
from xperience.errors import UsageError
from xperience.prepare.streams import STREAMS

MOST = {"width": 32768, "layers": 512, "heads": 1024, "kv_heads": 1024, "patch": 1024, "text_width": 32768,
        "text_layers": 512, "writer_layers": 512, "vocabulary": 1_000_000}  # fmt: skip
"""Largest numbers of a config, 64 for those that are not here: more is a slip, and would take memory before it is told."""

LONGEST_S = 3600.0
LEAST_WORDS = 259
"""Tokens: bytes, and what stands for nothing, begin and end."""


@dataclass(frozen=True)
class StreamShape:
    """How a stream stands in a batch: slots in the window, shape of a sample, seconds from slot to slot."""

    slots: int
    shape: tuple[int, ...]
    step_s: float


@dataclass(frozen=True)
class External:
    """An encoder from `transformers` in place of the model's own for a modality; see `model.external`.

    Attributes:
        type: as the library calls it. train: "none", "norms" or "all" of its weights. pixels: a side of its pictures.
        digest: of its config and weights. about: its config. inputs: settings of its preprocessor.
        place: its folder on this machine, not saved: a run is opened elsewhere too.
    """

    type: str
    train: str
    pixels: int
    digest: str
    about: dict[str, Any]
    inputs: dict[str, Any]
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class ModelConfig:
    """See `sizes.size` for the dial that makes most of it.

    Attributes:
        name: of the size. width, layers, heads, kv_heads: of the trunk. readouts: R of each block.
        block_s, window_s, context_s, horizon_s: seconds of a block, a window, what attention reaches back, forecasts.
        stem: of pictures, "conv" or "patch". patch: pixels a side of a patch.
        view_grid, depth_grid, confidence_grid: tokens a side that a picture of a block becomes.
        audio_tokens, imu_tokens, motion_tokens: of a block; motion is pose, each hand, body and contacts.
        rays: whether tokens of pictures are told where they look, where the calibration is known.
        text_width, text_layers, writer_layers, vocabulary: of language encoder and decoder.
        attention: "plain" (matrix products), "fused", "flex" (compiled, CUDA), or "auto": plain on a CPU, else fused.
        streams: by name; those that the model has encoders for. external: by modality, encoders of others.
    """

    name: str = "nano"
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    readouts: int = 4
    block_s: float = 0.25
    window_s: float = 1.0
    context_s: float = 8.0
    horizon_s: float = 1.0
    stem: str = "conv"
    patch: int = 16
    view_grid: int = 2
    depth_grid: int = 2
    confidence_grid: int = 1
    audio_tokens: int = 1
    imu_tokens: int = 1
    motion_tokens: int = 1
    rays: bool = True
    text_width: int = 128
    text_layers: int = 1
    writer_layers: int = 2
    vocabulary: int = 2048
    attention: str = "auto"
    streams: dict[str, StreamShape] = field(default_factory=dict)
    external: dict[str, External] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def needs(fits: bool, name: str, expected: str) -> None:
            if not fits:
                raise UsageError("the number does not fit", field=name, found=getattr(self, name), expected=expected)

        for one in fields(self):
            value, most = getattr(self, one.name), MOST.get(one.name, 64)
            if one.type == "int":
                needs(type(value) is int and 1 <= value <= most, one.name, f"a whole number from 1 to {most:,}")
            elif one.type == "float":
                number = isinstance(value, (int, float)) and not isinstance(value, bool)
                low = 0.0 if one.name == "horizon_s" else 1 / NOMINAL_FPS
                needs(number and low <= value <= LONGEST_S, one.name, f"{low:g} to {LONGEST_S:g} seconds")
            elif one.type == "bool":
                needs(type(value) is bool, one.name, "true or false")
        needs(self.vocabulary >= LEAST_WORDS, "vocabulary", f"{LEAST_WORDS} or more: all bytes are in it")
        needs(self.width % (2 * self.heads) == 0, "width", f"a multiple of twice {self.heads} heads")
        needs(self.heads % self.kv_heads == 0, "kv_heads", f"a divisor of {self.heads} heads")
        needs(self.stem in ("conv", "patch"), "stem", '"conv" or "patch"')
        needs(self.attention in ("auto", "plain", "fused", "flex"), "attention", '"auto", "plain", "fused" or "flex"')
        needs(self.block_frames * self.blocks == round(self.window_s * NOMINAL_FPS), "window_s", "whole blocks")
        needs(self.block_frames % self.motion_tokens == 0, "motion_tokens", f"a divisor of {self.block_frames} frames")
        for name, shape in self.streams.items():
            if shape.slots < 1:
                raise UsageError("no slots", field=f"streams.{name}", found=shape.slots, expected="1 or more")
        for modality in self.external:
            if not any(STREAMS[name].modality == modality for name in self.streams):
                raise UsageError("an external encoder of what the data lacks", field=f"external.{modality}")

    @property
    def blocks(self) -> int:
        """Blocks of a window."""
        return max(1, round(self.window_s / self.block_s))

    @property
    def block_frames(self) -> int:
        return max(1, round(self.block_s * NOMINAL_FPS))

    def per_block(self, stream: str) -> int:
        """Slots of a per-frame stream in a block."""
        return max(1, self.streams[stream].slots // self.blocks)

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        for one in found["external"].values():
            del one["place"]
        return found

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        streams = {n: StreamShape(s["slots"], tuple(s["shape"]), s["step_s"]) for n, s in values["streams"].items()}
        external = {modality: External(**one) for modality, one in values.get("external", {}).items()}
        return cls(**(dict(values) | {"streams": streams, "external": external}))
