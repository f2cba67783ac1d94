"""Arithmetic of training: FLOPs, GPU days, recorded seconds that a GPU consumes; that of `training`, as lines."""

from __future__ import annotations

from xperience.corpus.planner.line import Inputs, Line


def recorded_s_per_gpu_s(inputs: Inputs) -> float:
    """How much recorded time one GPU works through in a second when nothing holds it up."""
    return inputs.size.windows_per_gpu_s(inputs.assumptions) * inputs.size.window_s


def windows(inputs: Inputs) -> float:
    """Windows seen in the whole run."""
    return inputs.corpus.seconds * inputs.assumptions["epochs"] / inputs.size.window_s


def gpu_days(inputs: Inputs) -> float:
    return inputs.size.days(windows(inputs), 1, inputs.assumptions)


def step_s(inputs: Inputs) -> float:
    """Seconds of one optimiser step."""
    return inputs.size.batch / (inputs.size.windows_per_gpu_s(inputs.assumptions) * inputs.gpus)


def lines(inputs: Inputs) -> list[Line]:
    a, size = inputs.assumptions, inputs.size
    seen, need, days = windows(inputs), size.memory(inputs.gpus), gpu_days(inputs)
    per_window = f"{size.passes:g} passes x (2 x {size.trunk:,} x {size.tokens:,} + attention)"
    return [
        Line(
            "windows", seen, "windows", f"of {size.window_s:g} s, seen in the whole run", "recorded s x epochs / window"
        ),
        Line("tokens", seen * size.tokens, "tokens", "seen in the whole run", f"windows x {size.tokens:,}"),
        Line("tokens_per_param", seen * size.tokens / size.params, "tokens", "for each parameter", "tokens / params"),
        Line(
            "flops",
            seen * size.operations * (1 + a["encoder_share"]),
            "FLOP",
            "in the whole run",
            f"windows x {per_window} x (1 + encoder_share)",
        ),
        Line("gpu_days", days, "days", "on one GPU, never waiting", "flops / (gpu_flops x mfu)"),
        Line("wall_days", days / inputs.gpus, "days", f"on {inputs.gpus:,} GPUs, never waiting", "gpu_days / gpus"),
        Line(
            "recorded_s_per_gpu_s",
            recorded_s_per_gpu_s(inputs),
            "s/s",
            "recorded time one GPU works through",
            "gpu_flops x mfu / FLOPs of a recorded second",
        ),
        Line(
            "step_s", step_s(inputs), "s", f"one optimiser step of {size.batch:,} windows", "batch / windows a second"
        ),
        Line(
            "memory_per_gpu",
            need.total / 1e9,
            "GB",
            f"on each GPU, in parts of {size.batch / inputs.gpus / size.accumulate:g} windows",
            f"weights and teacher {need.weights / 1e9:.3g} GB + gradients {need.gradients / 1e9:.3g} + moments "
            f"{need.moments / 1e9:.3g} + activations {need.activations / 1e9:.3g} + gradients by objective "
            f"{need.probes / 1e9:.3g} + not in shards {need.whole / 1e9:.3g}",
        ),
    ]
