"""Bytes in motion: from the hub, from the shards to the GPUs, and between the GPUs."""

from __future__ import annotations

from xperience.corpus.planner import compute, storage
from xperience.corpus.planner.line import Inputs, Line


def shard_gbps_per_node(inputs: Inputs) -> float:
    """Gbit/s that one machine reads from the shards when its GPUs never wait."""
    a = inputs.assumptions
    gpus = min(a["gpus_per_node"], inputs.gpus)
    each = compute.recorded_s_per_gpu_s(inputs) * inputs.recipe.bytes_per_s(a)
    return each * gpus * 8 / 1e9


def gradient_gbps_per_node(inputs: Inputs) -> float:
    """Gbit/s of fully sharded training: two gathers of weights and one scatter of gradients a step, 16-bit.

    In rings each machine takes in what it does not hold, once for all its GPUs: (1 - 1 / nodes) of 2 bytes a parameter.
    Nothing where one machine holds all GPUs.
    """
    nodes = max(1.0, inputs.gpus / inputs.assumptions["gpus_per_node"])
    return 3 * 2 * inputs.size.params * (1 - 1 / nodes) * 8 / 1e9 / compute.step_s(inputs)


def lines(inputs: Inputs) -> list[Line]:
    a = inputs.assumptions
    shards = shard_gbps_per_node(inputs)
    readers = shards * 1e9 / 8 / (a["read_mb_s"] * 1e6)
    return [
        Line(
            "download_days",
            inputs.corpus.training_bytes * 8 / (a["download_gbps"] * 1e9) / 86_400,
            "days",
            "to fetch the recordings",
            "raw / download_gbps",
        ),
        Line(
            "shard_gbps_per_node",
            shards,
            "Gbit/s",
            "shards read by one machine",
            "recorded_s_per_gpu_s x derived bytes/s x gpus_per_node",
        ),
        Line(
            "shard_gbps_total",
            shards * max(1.0, inputs.gpus / a["gpus_per_node"]),
            "Gbit/s",
            "shards read by all machines",
            "shard_gbps_per_node x nodes",
        ),
        Line(
            "readers_per_node",
            readers,
            "disks",
            "disks as fast as the one measured, for one machine",
            "shard_gbps_per_node / read_mb_s",
        ),
        Line(
            "gradient_gbps_per_node",
            gradient_gbps_per_node(inputs),
            "Gbit/s",
            "weights and gradients between machines, in rings",
            "6 bytes x params x (1 - 1 / nodes) / step_s",
        ),
        Line(
            "cache_fill_hours",
            storage.derived_bytes(inputs) * a["cache_share"] * 8
            / (a["node_network_gbps"] * 1e9 * max(1.0, inputs.gpus / a["gpus_per_node"])) / 3600,
            "hours",
            "to fill the caches over all network cards",
            "cache / (node_network_gbps x nodes)",
        ),
    ]  # fmt: skip
