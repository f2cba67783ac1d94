"""Bytes at rest: raw, derived shards, cache, checkpoints."""

from __future__ import annotations

from xperience.corpus.planner.line import Inputs, Line
from xperience.corpus.planner.recipes import RECIPES


def derived_bytes(inputs: Inputs) -> float:
    return inputs.recipe.bytes_per_s(inputs.assumptions) * inputs.corpus.seconds


def lines(inputs: Inputs) -> list[Line]:
    a, corpus = inputs.assumptions, inputs.corpus
    derived = derived_bytes(inputs)
    cache = derived * a["cache_share"]
    checkpoints = inputs.size.params * a["state_bytes_per_param"] * a["checkpoints_kept"]
    extra = derived + cache + checkpoints
    out = [
        Line("raw", corpus.training_bytes, "bytes", "recordings, without visualization.rrd", "sum over the corpus"),
        Line("hosted", corpus.bytes, "bytes", "the same with visualization.rrd, never fetched", "sum over the corpus"),
    ]
    for recipe in RECIPES.values():
        if recipe == inputs.recipe:
            continue
        total = recipe.bytes_per_s(a) * corpus.seconds
        out.append(Line(f"derived_{recipe.name}", total, "bytes", f"not chosen: {recipe.meaning}", "as derived"))
    parts = ", ".join(f"{name} {value / 1e3:,.0f}" for name, value in inputs.recipe.parts(a).items() if value)
    out += [
        Line(
            "derived",
            derived,
            "bytes",
            f"shards, recipe {inputs.recipe.name}: {inputs.recipe.meaning}",
            f"recorded seconds x kB/s ({parts})",
        ),
        Line("cache", cache, "bytes", "on fast local disks, all machines together", "derived x cache_share"),
        Line(
            "checkpoints",
            checkpoints,
            "bytes",
            "whole training states",
            "params x state_bytes_per_param x checkpoints_kept",
        ),
        Line(
            "total",
            corpus.training_bytes + extra,
            "bytes",
            "raw and all that comes of it",
            "raw + derived + cache + checkpoints",
        ),
        Line(
            "extra_over_raw",
            extra / corpus.training_bytes,
            "x raw",
            "beside the raw recordings",
            "(derived + cache + checkpoints) / raw",
        ),
    ]
    return out
