"""How fast pretraining is, against the machine's own matrix products measured in the same run.

    python benchmarks/pretrain.py --size micro
    python benchmarks/pretrain.py --size nano --data DIR          # the whole step, with reading
    python benchmarks/pretrain.py --size 0.3b --device cuda --batch 64 --precision bf16

Three lines. `peak`: the fastest of several square products in the run's precision. `trunk`: the trunk alone, forward and
backward, tokens as many as in a window; operations are 6 for each parameter and token and 12 D for each pair of tokens and
layer in attention, half of them ahead in time and not counted. `run` (with --data): whole steps of all objectives with
reading, where only the trunk's operations count, so that the ratio says what encoders, heads and decoding cost.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xperience.pretrain import costs
from xperience.pretrain.config import TrainConfig, load_config
from xperience.pretrain.run import planned_shape


def clock(work: Callable[[], Any], device: torch.device, seconds: float) -> float:
    """Seconds of the fastest call, after two that do not count: what others do on the machine only adds."""
    for _ in range(2):
        work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        wait(device)
        begin = time.perf_counter()
        work()
        wait(device)
        times.append(time.perf_counter() - begin)
    return min(times)


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def peak(device: torch.device, dtype: torch.dtype, seconds: float) -> float:
    """Operations a second of the fastest square product."""
    best = 0.0
    for n in (1024, 2048) if device.type == "cpu" else (4096, 8192, 16384):
        a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
        best = max(best, 2.0 * n**3 / clock(lambda a=a, b=b: a @ b, device, seconds))  # type: ignore[misc]
    return best


def trunk(
    config: TrainConfig, folders: list[Path], device: torch.device, batch: int, seconds: float
) -> dict[str, float]:
    """The trunk alone on random tokens."""
    from xperience.model.trunk import Trunk

    shape = planned_shape(config, folders)
    size = costs.measure(config, shape)
    module = Trunk(shape).to(device)
    if config.run.compile:
        for layer in module.layers:
            layer.compile()
    n = size.tokens
    x = torch.randn(batch, n, shape.width, device=device, requires_grad=True)
    at = torch.linspace(0, shape.window_s, n, device=device)
    block = (at / shape.block_s).long().clamp(max=shape.blocks - 1).cpu().numpy()
    known = torch.ones(batch, n, dtype=torch.bool, device=device)
    readout = np.zeros(n, bool)
    low = config.run.precision == "bf16"
    cast = torch.autocast(device.type, dtype=torch.bfloat16) if low else contextlib.nullcontext()

    def step() -> None:
        with cast:
            out, _ = module(x, at.expand(batch, -1), block, known, readout)
        out.sum().backward()
        module.zero_grad(set_to_none=True)

    took = clock(step, device, seconds)
    work = batch * (6.0 * size.trunk * n + 3 * 4.0 * shape.width * n**2 / 2 * shape.layers)
    return {"tokens": n, "parameters": size.trunk, "windows_per_s": batch / took, "flops": work / took}


def whole(config: TrainConfig, folders: list[Path], steps: int) -> dict[str, float]:
    """A real run, its first steps left out."""
    from xperience.pretrain.records import read_progress
    from xperience.pretrain.run import pretrain

    shape = planned_shape(config, folders)
    work = costs.training(config, shape).operations
    with tempfile.TemporaryDirectory() as out:
        pretrain(config, folders, Path(out))
        lines = read_progress(Path(out))[steps // 4 :]
    took = statistics.median(line["seconds"] for line in lines)
    waited = sum(line["waiting"] * line["seconds"] for line in lines) / sum(line["seconds"] for line in lines)
    rate = config.run.batch / took
    return {"windows_per_s": rate, "flops": rate * work, "waiting": waited}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="micro")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--recompute", action="store_true")
    chosen = parser.parse_args()
    device = torch.device(chosen.device)
    config = load_config(
        chosen.size,
        {
            "run.steps": chosen.steps, "run.minutes": 0.0, "run.batch": chosen.batch, "run.precision": chosen.precision,
            "run.device": chosen.device, "run.compile": chosen.compile, "run.recompute": chosen.recompute,
            "run.workers": chosen.workers, "run.replicas": 1, "run.probe_every": 0, "run.panel_every": 0,
            "run.save_every": 10**6,
        },
    )  # fmt: skip
    dtype = torch.bfloat16 if chosen.precision == "bf16" else torch.float32
    top = peak(device, dtype, chosen.seconds)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"{name}, {chosen.precision}, size {chosen.size}, batch {chosen.batch}")
    print(f"peak   {top / 1e12:9.3f} TFLOP/s of matrix products")
    alone = trunk(config, chosen.data, device, chosen.batch, chosen.seconds)
    print(
        f"trunk  {alone['flops'] / 1e12:9.3f} TFLOP/s, {alone['flops'] / top:.2f} of peak, "
        f"{alone['windows_per_s']:.1f} windows/s, {alone['tokens']:.0f} tokens, {alone['parameters']:,.0f} parameters"
    )
    found: dict[str, Any] = {"peak": top, "trunk": alone}
    if chosen.data:
        found["run"] = run = whole(config, chosen.data, chosen.steps)
        print(
            f"run    {run['flops'] / 1e12:9.3f} TFLOP/s, {run['flops'] / top:.2f} of peak, "
            f"{run['windows_per_s']:.1f} windows/s, waiting for data {run['waiting']:.1%}"
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
