"""The numbers a plan rests on: each with its unit, its source and a name by which it can be set."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from xperience.errors import UsageError

LARGEST = 1e30


@dataclass(frozen=True)
class Assumption:
    """One number.

    Attributes:
        name: as in `--set NAME=VALUE`.
        value, unit: of the number; shares are 0..1.
        meaning: what it stands for.
        source: where it comes from.
        origin: "default", "given", "measured" or "derived" (from the size and the recordings).
        low, high: what can be meant; the bounds are included.
    """

    name: str
    value: float
    unit: str
    meaning: str
    source: str
    origin: str = "default"
    low: float = 0.0
    high: float = LARGEST

    def changed(self, value: float, origin: str, source: str) -> Assumption:
        return replace(self, value=value, origin=origin, source=source)


POSITIVE = 1e-9
"""Least value of what divides."""

DEFAULTS: tuple[Assumption, ...] = (
    # video and depth of derived shards
    Assumption("video_bits_per_pixel", 0.2, "bit", "training video, closed groups of at most 1 s",
               "the hosted MP4s hold 0.12 (fisheye) to 0.15 (stereo) with long groups; short groups and small pictures need more", low=POSITIVE, high=24),
    Assumption("depth_ratio", 0.5, "share", "lossless depth and confidence, of 5 bytes a pixel",
               "guess: typical of deflate on float32 depth; `xperience prepare --dry-run` says it for a recipe", low=POSITIVE, high=1.2),
    Assumption("decode_fisheye_fps", 150, "frames/s/core", "decoding 1088x1280 H.264 to RGB, one thread",
               "stated default; measured here unless --no-measure", low=POSITIVE),
    Assumption("decode_stereo_fps", 700, "frames/s/core", "decoding 512x512 H.264 to RGB, one thread",
               "stated default; measured here unless --no-measure", low=POSITIVE),
    Assumption("decode_training_mpx", 120, "Mpx/s/core", "decoding training video at the recipe's width to RGB, one thread",
               "stated default; measured here unless --no-measure", low=POSITIVE),
    Assumption("encode_training_mpx", 30, "Mpx/s/core", "encoding training video, x264 veryfast, one thread",
               "stated default; measured here unless --no-measure", low=POSITIVE),
    Assumption("depth_decode_mb_s", 300, "MB/s/core", "undoing the lossless depth code, output bytes",
               "guess: typical of deflate on one core", low=POSITIVE),
    Assumption("read_mb_s", 1000, "MB/s", "reading a file from disk, one process",
               "stated default; measured here unless --no-measure", low=POSITIVE),
    Assumption("cores_per_gpu", 16, "cores", "processor cores that a GPU can have for its loader",
               "guess: servers of 8 GPUs have 96 to 224 cores", low=POSITIVE),
    Assumption("prepare_cores", 64, "cores", "cores that make the shards", "guess", low=1),
    # storage
    Assumption("cache_share", 1.0, "share", "derived shards kept on fast local disks, all machines together",
               "global order: any window may come next, so an epoch touches every shard", high=10),
    Assumption("state_bytes_per_param", 16, "bytes", "weights, two Adam moments and the teacher, each 32-bit",
               "4 x 4 bytes", low=1),
    Assumption("checkpoints_kept", 5, "count", "whole training states on disk at once", "choice", high=1e6),
    # compute
    Assumption("encoder_share", 0.15, "share", "encoders and heads, in trunk FLOPs", "guess; set 0 for the trunk alone", high=100),
    Assumption("epochs", 92, "passes", "how often each recorded second is seen, under new masks each time",
               "as many as the shipped config of the size takes on these recordings", low=POSITIVE),
    Assumption("mfu", 0.35, "share", "of the GPU's bf16 peak that arithmetic reaches",
               "published single-vendor runs: 0.31 to 0.39 (1B to 8B, FSDP), 0.50 (tuned single node)", low=POSITIVE, high=1),
    Assumption("gpu_flops", 989e12, "FLOP/s", "bf16 peak of one GPU, dense", "data sheet of the H100 SXM", low=1),
    Assumption("gpu_memory_gb", 80, "GB", "memory of one GPU", "data sheet of the H100 SXM", low=POSITIVE),
    Assumption("gpus_per_node", 8, "GPUs", "GPUs that share a machine and its network card", "common servers", low=1),
    # network
    Assumption("node_network_gbps", 400, "Gbit/s", "what one machine can send or receive",
               "published planning range for the full corpus: 100 to 400", low=POSITIVE),
    Assumption("download_gbps", 1, "Gbit/s", "sustained rate from the hub", "guess", low=POSITIVE),
)  # fmt: skip


class Assumptions(Mapping[str, float]):
    """All assumptions of one plan by name; `assumptions["mfu"]` is the value."""

    def __init__(self, entries: Iterable[Assumption] = DEFAULTS) -> None:
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> float:
        return self._entries[name].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> list[Assumption]:
        return list(self._entries.values())

    def with_values(self, values: Mapping[str, float], origin: str, source: str) -> Assumptions:
        """A copy with these replaced.

        Raises:
            UsageError: a name that is none (the nearest is given), or a value that cannot be meant.
        """
        changed = dict(self._entries)
        for name, value in values.items():
            if name not in changed:
                raise UsageError("no such assumption", field="--set", found=name, **nearest(name, changed))
            entry = changed[name]
            if not (math.isfinite(value) and entry.low <= value <= entry.high):
                raise UsageError(
                    "an assumption out of range",
                    field=f"--set {name}",
                    found=value,
                    expected=f"{entry.low:g} to {entry.high:g} {entry.unit}",
                )
            changed[name] = entry.changed(float(value), origin, source)
        return Assumptions(changed.values())


def nearest(name: str, valid: Iterable[str]) -> dict[str, str]:
    """`expected` and `hint` of an error about a name that is not among the valid ones."""
    names = list(valid)
    lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.4)
    out = {"expected": ", ".join(names)}
    if close:
        out["hint"] = f"did you mean {lower[close[0]]}?"
    return out


def parse_settings(texts: Iterable[str]) -> dict[str, float]:
    """ "name=value" texts as numbers.

    Raises:
        UsageError: no "=", or no number behind it.
    """
    values: dict[str, float] = {}
    for text in texts:
        name, sign, number = text.partition("=")
        name = name.strip()
        try:
            if not sign:
                raise ValueError
            values[name] = float(number)
        except ValueError as error:
            raise UsageError(
                "cannot read a setting", field="--set", found=text, expected="NAME=NUMBER, such as mfu=0.4"
            ) from error
    return values
