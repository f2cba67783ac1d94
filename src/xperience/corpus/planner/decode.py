"""Cores: to make the shards once, and to feed each GPU while it trains."""

from __future__ import annotations

from xperience.corpus.planner import compute
from xperience.corpus.planner.line import Inputs, Line
from xperience.corpus.planner.recipes import FISHEYE_VIEWS, STEREO_VIEWS
from xperience.episode.layout import NOMINAL_FPS


def prepare_core_s(inputs: Inputs) -> float:
    """Core seconds to turn one recorded second into shards; a recipe without pictures decodes none."""
    a = inputs.assumptions
    if not inputs.recipe.view_sizes():
        return 0.0
    decode = NOMINAL_FPS * (FISHEYE_VIEWS / a["decode_fisheye_fps"] + STEREO_VIEWS / a["decode_stereo_fps"])
    return decode + inputs.recipe.video_mpx_per_s / a["encode_training_mpx"]


def cores_per_gpu(inputs: Inputs) -> float:
    """Cores that must decode so that one GPU never waits."""
    a, recipe = inputs.assumptions, inputs.recipe
    each = (
        recipe.video_mpx_per_s / a["decode_training_mpx"] + recipe.depth_raw_bytes_per_s / 1e6 / a["depth_decode_mb_s"]
    )
    return compute.recorded_s_per_gpu_s(inputs) * each


def gpu_busy(inputs: Inputs) -> float:
    """Share of time that GPUs work, where the cores they have decode as fast as they can."""
    need = cores_per_gpu(inputs)
    return min(1.0, inputs.assumptions["cores_per_gpu"] / need) if need else 1.0


def lines(inputs: Inputs) -> list[Line]:
    a = inputs.assumptions
    core_days = prepare_core_s(inputs) * inputs.corpus.seconds / 86_400
    busy = gpu_busy(inputs)
    return [
        Line(
            "prepare_core_days",
            core_days,
            "core days",
            "to make the shards once: six views decoded, scaled, encoded",
            "recorded seconds x (80 / decode_fisheye_fps + 40 / decode_stereo_fps + Mpx/s / encode_training_mpx)",
        ),
        Line(
            "prepare_days",
            core_days / a["prepare_cores"],
            "days",
            "to make the shards",
            "prepare_core_days / prepare_cores",
        ),
        Line(
            "cores_per_gpu",
            cores_per_gpu(inputs),
            "cores",
            "decoding for one GPU so that it never waits",
            "recorded_s_per_gpu_s x (Mpx/s / decode_training_mpx + depth MB/s / depth_decode_mb_s)",
        ),
        Line(
            "gpu_busy", busy, "share", "of the time with the cores there are", "min(1, assumed cores_per_gpu / needed)"
        ),
        Line(
            "wall_days_fed",
            compute.gpu_days(inputs) / inputs.gpus / busy,
            "days",
            f"on {inputs.gpus:,} GPUs, waiting for decoding",
            "wall_days / gpu_busy",
        ),
    ]
