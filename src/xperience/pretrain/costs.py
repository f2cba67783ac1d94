"""What a run takes, before it is started: parameters, memory of a rank, operations, days. Nothing is allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from xperience.corpus.planner.assumptions import Assumptions
from xperience.corpus.planner.training import Training
from xperience.episode.layout import NOMINAL_FPS
from xperience.model.config import ModelConfig
from xperience.prepare.batch import Batch, Cameras, StreamBatch
from xperience.pretrain.config import TrainConfig
from xperience.pretrain.objectives import IN_PART

if TYPE_CHECKING:
    from xperience.model.model import XperienceModel


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


def training(config: TrainConfig, shape: ModelConfig, size: Size | None = None) -> Training:
    """The numbers that decide what a run takes; size: of `measure`, if it is at hand."""
    size = size or measure(config, shape)
    names = config.weights()
    return Training(
        name=config.name,
        params=size.student,
        trunk=size.trunk,
        layered=size.layers,
        heads=size.modules["objectives"],
        frozen=size.frozen,
        tokens=size.tokens,
        window_s=shape.window_s,
        width=shape.width,
        layers=shape.layers,
        passes=passes(config),
        views=3.0 if "alignment" in names else 1.0,
        probed=len(names) + 1 if config.run.probe_every else 0,
        batch=config.run.batch,
        accumulate=config.run.accumulate,
        replicas=config.run.replicas,
        product_bytes=2.0 if config.run.precision == "bf16" else 4.0,
        recompute=config.run.recompute,
        steps=config.run.steps,
        minutes=config.run.minutes,
    )


def plan(config: TrainConfig, shape: ModelConfig, gpus: int) -> str:
    """Memory, operations and time of a run on `gpus` GPUs, as text with what it rests on; as `xperience plan` has it."""
    size, a = measure(config, shape), Assumptions()
    run = training(config, shape, size)
    need, room = run.memory(gpus), a["gpu_memory_gb"]
    windows = run.windows(gpus, a)
    lines = [f"{config.name}: {size.student:,} parameters, {size.trunk:,} of them in the trunk"]
    lines += [f"  {name:<12} {count:>15,}" for name, count in size.modules.items()]
    if size.frozen:
        lines.append(
            f"  {'frozen':<12} {size.frozen:>15,} besides, in external encoders; their operations are not counted"
        )
    lines += [
        f"tokens of a window of {run.window_s:g} s: {size.tokens:,}; {windows * size.tokens:.4g} in the run",
        f"operations: {run.operations:.3g} a sample in the trunk, {run.operations / run.window_s:.3g} a second of recording",
        f"memory of each of {gpus} GPUs: {need.total / 1e9:.1f} GB "
        f"(weights and teacher {need.weights / 1e9:.1f}, gradients {need.gradients / 1e9:.1f}, "
        f"moments {need.moments / 1e9:.1f}, activations {need.activations / 1e9:.1f}, "
        f"gradients by objective {need.probes / 1e9:.1f}, not in shards {need.whole / 1e9:.1f}); "
        + ("fits" if need.total < room * 1e9 else "DOES NOT FIT") + f" in {room:g} GB",
        f"windows a second: {run.windows_per_gpu_s(a) * gpus:,.0f} at {a['mfu']:.0%} of {a['gpu_flops'] / 1e12:.0f} "
        f"TFLOP/s, with {a['encoder_share']:.0%} on top for encoders and heads (assumed, see `xperience plan`)",
    ]  # fmt: skip
    few = [name for name in IN_PART if name in config.weights()]
    if config.run.accumulate > 1 and few:
        part = config.run.batch // config.run.accumulate
        lines.append(
            f"a batch in {config.run.accumulate} parts: {' and '.join(few)} draw their negatives from the {part:,} samples of "
            "a part, so another number of parts learns something else; all other objectives do not depend on it"
        )
    seconds = run.days(windows, gpus, a) * 86_400
    length = f"{config.run.steps:,} steps of {config.run.batch:,} samples" if config.run.steps else "as the config says"
    lines.append(f"time: {_duration(seconds)} for {windows:,.0f} windows, {length}; reading must keep up")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
