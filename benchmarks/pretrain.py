"""How fast pretraining is, against the machine's own matrix products measured in the same run.

    python benchmarks/pretrain.py --size micro
    python benchmarks/pretrain.py --size nano --simulated         # the whole step, with reading; data are made first
    python benchmarks/pretrain.py --size nano --data DIR          # of a prepared folder
    python benchmarks/pretrain.py --size 0.3b --device cuda --batch 64 --precision bf16

Three lines. `peak`: the fastest of several square products in the run's precision. `trunk`: the trunk alone, forward and
backward, tokens as many as in a window; operations are 6 for each parameter and token and 12 D for each pair of tokens and
layer in attention, half of them ahead in time and not counted. `run` (with data): whole steps of all objectives with
reading, where only the trunk's operations count, so that the ratio says what encoders, heads and decoding cost.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import common
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


def peak(device: torch.device, dtype: torch.dtype, seconds: float, side: int | None = None) -> float:
    """Operations a second of the fastest square product, of this side or of several."""
    best = 0.0
    for n in (side,) if side else (1024, 2048) if device.type == "cpu" else (4096, 8192, 16384):
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


def main(arguments: Sequence[str] | None = None) -> int:
    parser = common.parser(__file__, __doc__)
    parser.add_argument("--size", default="micro")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--simulated", action="store_true", help="make the data: a small simulated corpus")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--recompute", action="store_true")
    args = parser.parse_args(arguments)
    if args.quick:
        args.size, args.batch, args.steps, args.workers, args.seconds = "nano", 2, 2, 0, 0.0
    if args.simulated:
        args.data = [*args.data, common.prepared(args.quick)]
    with common.report(args) as report:
        measure(report, args)
    return report.status


def measure(report: common.Report, args: argparse.Namespace) -> None:
    device = torch.device(args.device)
    config = load_config(
        args.size,
        {
            "run.steps": args.steps, "run.minutes": 0.0, "run.batch": args.batch, "run.precision": args.precision,
            "run.device": args.device, "run.compile": args.compile, "run.recompute": args.recompute,
            "run.workers": args.workers, "run.replicas": 1, "run.probe_every": 0, "run.panel_every": 0,
            "run.save_every": 10**6,
        },
    )  # fmt: skip
    dtype = torch.bfloat16 if args.precision == "bf16" else torch.float32
    of = f"{args.size}, batch {args.batch}, {args.precision}"
    report.details["device"] = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    report.details["threads"] = torch.get_num_threads()
    top = peak(device, dtype, args.seconds, 256 if args.quick else None)
    report.figure(f"peak of matrix products, {args.precision}", top / 1e12, "TFLOP/s")
    alone = trunk(config, args.data, device, args.batch, args.seconds)
    report.figure(f"{of}: trunk, parameters", alone["parameters"])
    report.figure(f"{of}: trunk, tokens of a window", alone["tokens"])
    report.figure(f"{of}: trunk", alone["windows_per_s"], "windows a second")
    report.figure(f"{of}: trunk, share of the peak", alone["flops"] / top)
    if args.data:
        run = whole(config, args.data, args.steps)
        report.figure(f"{of}: whole step", run["windows_per_s"], "windows a second")
        report.figure(f"{of}: whole step, share of the peak by the trunk's operations", run["flops"] / top)
        report.figure(f"{of}: whole step, share of the time that waits for data", run["waiting"])


if __name__ == "__main__":
    common.start(main)
