"""Arithmetic of training: FLOPs, GPU days, recorded seconds that a GPU consumes."""

from __future__ import annotations

from xperience.corpus.planner.line import Inputs, Line


def flops_per_recorded_s(inputs: Inputs) -> float:
    """(6 + 2) N D of one recorded second, encoders included."""
    a = inputs.assumptions
    each = a["flops_per_param_token"] + a["teacher_flops_per_param_token"]
    return each * inputs.size.params * inputs.size.tokens_per_s * (1 + a["encoder_share"])


def recorded_s_per_gpu_s(inputs: Inputs) -> float:
    """How much recorded time one GPU works through in a second when nothing holds it up."""
    a = inputs.assumptions
    return a["gpu_flops"] * a["mfu"] / flops_per_recorded_s(inputs)


def gpu_days(inputs: Inputs) -> float:
    seen = inputs.corpus.seconds * inputs.assumptions["epochs"]
    return seen / recorded_s_per_gpu_s(inputs) / 86_400


def step_s(inputs: Inputs) -> float:
    """Seconds of one optimiser step."""
    a = inputs.assumptions
    return a["windows_per_gpu"] * a["window_s"] / recorded_s_per_gpu_s(inputs)


def lines(inputs: Inputs) -> list[Line]:
    a, size = inputs.assumptions, inputs.size
    tokens = inputs.corpus.seconds * size.tokens_per_s * a["epochs"]
    days = gpu_days(inputs)
    return [
        Line("tokens", tokens, "tokens", "seen in the whole run", "recorded seconds x tokens_per_s x epochs"),
        Line("tokens_per_param", tokens / size.params, "tokens", "for each parameter", "tokens / params"),
        Line(
            "flops",
            flops_per_recorded_s(inputs) * inputs.corpus.seconds * a["epochs"],
            "FLOP",
            "in the whole run",
            "(flops_per_param_token + teacher_flops_per_param_token) x params x tokens x (1 + encoder_share)",
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
        Line("step_s", step_s(inputs), "s", "one optimiser step", "windows_per_gpu x window_s / recorded_s_per_gpu_s"),
        Line(
            "state_bytes_per_gpu",
            size.params * a["state_bytes_per_param"] / inputs.gpus,
            "bytes",
            "weights, moments and teacher, fully sharded; activations come on top",
            "params x state_bytes_per_param / gpus",
        ),
    ]
