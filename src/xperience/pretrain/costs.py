"""What a run takes, before it is started: parameters, memory of a rank, operations, days. Nothing is allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from xperience.episode.layout import NOMINAL_FPS
from xperience.model.config import ModelConfig
from xperience.prepare.batch import Batch, Cameras, StreamBatch
from xperience.pretrain.config import TrainConfig

if TYPE_CHECKING:
    from xperience.model.model import XperienceModel

GPU_FLOPS = 989e12
"""Dense bf16 peak of an H100 or H200 SXM, by NVIDIA's data sheets."""

GPU_BYTES = 141e9
"""Memory of an H200."""

SHARE = 0.4
"""Of the peak that training reaches: assumed, until `benchmarks/pretrain.py` has measured it on that machine."""

KEPT = 34.0
"""Bytes of activations a token, channel and layer in 16 bits (Korthikanti et al. 2022, the terms that do not grow with the
square of the length; attention that does not store its weights has no others)."""

ENTERED = 4.0
"""What is kept of them with recomputation: what enters the layer, in float32 whatever the precision of products."""


@dataclass(frozen=True)
class Memory:
    """Bytes of one rank. weights: student and teacher; gradients; moments: of AdamW; activations; probes: gradients of
    each objective on the trunk, while they are compared; whole: what is not in shards while a step runs."""

    weights: float
    gradients: float
    moments: float
    activations: float
    probes: float
    whole: float

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.moments + self.activations + self.probes + self.whole


@dataclass(frozen=True)
class Size:
    """Parameters: trunk, and all of the student with the objectives' heads. tokens: of a window with its readouts.
    layers: parameters in layers that are gathered one at a time. frozen: of external encoders that are not trained."""

    trunk: int
    student: int
    tokens: int
    modules: dict[str, int]
    layers: int
    frozen: int = 0


def measure(config: TrainConfig, shape: ModelConfig) -> Size:
    """Counts on the meta device."""
    from xperience.model.external import guest
    from xperience.model.language import Tokenizer
    from xperience.model.model import XperienceModel
    from xperience.pretrain import objectives

    tokenizer = Tokenizer.learn([], 0)
    with torch.device("meta"):
        model = XperienceModel(shape, tokenizer)
        heads = objectives.build(tuple(config.weights()), shape, model.channels)
    modules = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    modules["rest"] = sum(p.numel() for p in model.parameters(recurse=False))
    modules["objectives"] = sum(p.numel() for head in heads.values() for p in head.parameters())
    frozen = guest.frozen(model) if shape.external else 0
    stacks = (model.trunk.layers, model.text.layers, model.writer.layers)
    layers = sum(p.numel() for stack in stacks for p in stack.parameters())
    return Size(modules["trunk"], sum(modules.values()), tokens_of(model, config, shape), modules, layers, frozen)


def tokens_of(model: XperienceModel, config: TrainConfig, shape: ModelConfig) -> int:
    """Tokens of a window, language and readouts included: what the encoders make of an empty batch without memory."""
    nothing = torch.zeros(1, 6, 4, device="meta")
    streams = {}
    for name, stream in shape.streams.items():
        values = torch.zeros(1, stream.slots, *stream.shape, device="meta")
        flat = torch.zeros(1, stream.slots, device="meta")
        streams[name] = StreamBatch(values, flat, flat.bool(), flat[:, 0].long(), stream.slots)
    cameras = Cameras(nothing, nothing, torch.zeros(1, 6, 3, 4, device="meta"), nothing[..., 0].bool(),
                      nothing[..., 0].bool(), nothing[:, :, :3], nothing[..., 0].bool())  # fmt: skip
    number: Any = np.zeros(1, np.int64)
    batch = Batch(number, number, number, number, number, number, [""], config.data.frames, 0, NOMINAL_FPS, streams,
                  cast("Any", None), cameras)  # fmt: skip
    with torch.device("meta"):
        found = model.encode(batch).tokens.x.shape[1]
    return int(found) + shape.blocks * (1 + shape.readouts)


def passes(config: TrainConfig) -> float:
    """Forward passes of the trunk over a window that one sample costs; a backward pass counts as two, a recomputed
    forward as one. The student's masked view; the teacher's views; the sides of the alignment, about two more views of
    part of the streams each way."""
    names = config.weights()
    back = 4.0 if config.run.recompute else 3.0
    total = back
    total += 1.0 if "masked" in names or "future" in names else 0.0
    total += 1.0 if "future" in names else 0.0
    total += 2.0 * back if "alignment" in names else 0.0
    return total


def operations(config: TrainConfig, shape: ModelConfig, size: Size) -> float:
    """Of one sample's training in the trunk: 2 for each parameter and token of a pass, and 4 D for each pair of tokens
    and layer in attention, half of them ahead in time."""
    matrices = 2.0 * size.trunk * size.tokens
    attention = 4.0 * shape.width * size.tokens**2 / 2 * shape.layers
    return passes(config) * (matrices + attention)


def memory(config: TrainConfig, shape: ModelConfig, ranks: int, size: Size | None = None) -> Memory:
    """Of one of `ranks` ranks: float32 weights, gradients and two moments in shards; what the trunk keeps of its samples
    for the way back, and one layer's on top where it is computed again; frozen encoders whole.

    Several ranks besides hold whole, while a step runs, all that is not in layers (student's, teacher's, the objectives')
    with its gradients and a copy of them to be summed, and the layers' gradients as they come.

    Not counted: the batch, what encoders, heads and labels keep, what a trained external encoder keeps.
    """
    size = size or measure(config, shape)
    shards = max(1, ranks // config.run.replicas)
    samples = max(1.0, config.run.batch / ranks / config.run.accumulate)
    width = 2.0 if config.run.precision == "bf16" else 4.0
    views = 3.0 if "alignment" in config.weights() else 1.0
    layer = KEPT * width / 2 * size.tokens * shape.width * samples
    entered = ENTERED * size.tokens * shape.width * samples
    kept = entered * shape.layers * views + layer if config.run.recompute else layer * shape.layers * views
    heads = size.modules["objectives"]
    rest = size.student - size.layers
    whole = 4.0 * (2 * (rest - heads) + heads) + 8.0 * rest + width * size.layers if shards > 1 else 0.0
    weights = 8.0 * size.student / shards + 4.0 * size.frozen
    probes = 4.0 * size.trunk / shards * (len(config.weights()) + 1) if config.run.probe_every else 0.0
    return Memory(weights, 4.0 * size.student / shards, 8.0 * size.student / shards, kept, probes, whole)


def plan(config: TrainConfig, shape: ModelConfig, gpus: int) -> str:
    """Memory, operations and time of a run on `gpus` GPUs, as text with what it rests on."""
    size = measure(config, shape)
    need = memory(config, shape, gpus, size)
    work = operations(config, shape, size)
    window_s = shape.window_s
    lines = [f"{config.name}: {size.student:,} parameters, {size.trunk:,} of them in the trunk"]
    lines += [f"  {name:<12} {count:>15,}" for name, count in size.modules.items()]
    if size.frozen:
        lines.append(
            f"  {'frozen':<12} {size.frozen:>15,} besides, in external encoders; their operations are not counted"
        )
    lines += [
        f"tokens of a window of {window_s:g} s: {size.tokens:,}",
        f"operations: {work:.3g} a sample in training, {work / window_s:.3g} a second of recording",
        f"memory of each of {gpus} GPUs: {need.total / 1e9:.1f} GB "
        f"(weights and teacher {need.weights / 1e9:.1f}, gradients {need.gradients / 1e9:.1f}, "
        f"moments {need.moments / 1e9:.1f}, activations {need.activations / 1e9:.1f}, "
        f"gradients by objective {need.probes / 1e9:.1f}, not in shards {need.whole / 1e9:.1f}); "
        + ("fits" if need.total < GPU_BYTES else "DOES NOT FIT") + f" in {GPU_BYTES / 1e9:.0f} GB",
    ]  # fmt: skip
    rate = gpus * GPU_FLOPS * SHARE / work
    lines.append(f"windows a second: {rate:,.0f} at {SHARE:.0%} of {GPU_FLOPS / 1e12:.0f} TFLOP/s (assumed)")
    if config.run.steps:
        seconds = config.run.steps * config.run.batch / rate
        lines.append(
            f"time: {_duration(seconds)} for {config.run.steps:,} steps of {config.run.batch:,} samples, "
            "trunk alone; reading must keep up"
        )
    else:
        lines.append(
            f"time: {config.run.minutes:g} min, as the config says; {rate * config.run.minutes * 60:,.0f} windows"
        )
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
