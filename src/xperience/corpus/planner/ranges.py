"""Published planning ranges for models of this kind: expectations, not measurements."""

from __future__ import annotations

from dataclasses import dataclass

EXTRA_STORAGE = (1.5, 3.0)
"""Capacity beside the raw corpus for derived shards, caches, checkpoints and metadata, in raw corpus sizes."""


@dataclass(frozen=True)
class Range:
    """One row: parameters from low to high, GPUs of the 80 GB class from low to high (None: open)."""

    goal: str
    params: tuple[float, float]
    gpus: tuple[int, int | None]
    storage: str

    @property
    def gpus_text(self) -> str:
        low, high = self.gpus
        return f"{low:,} to {high:,} GPUs" if high is not None else f"{low:,} GPUs and more"


RANGES: tuple[Range, ...] = (
    Range("0.3B to 1B pilot", (0.3e9, 1e9), (8, 32), "tens of TB, fast local cache"),
    Range("1B to 3B domain model", (1e9, 3e9), (32, 128), "100 TB class cache, high decoding throughput"),
    Range("3B to 7B on the full corpus", (3e9, 7e9), (128, 512), "PB class storage, 100 to 400 Gbit/s network"),
    Range("30B class from scratch", (30e9, 30e9), (512, 2000), "PB class storage over many nodes"),
    Range("frontier general model", (100e9, 1e13), (2000, None), "data beyond this corpus"),
)

MARGIN = 1.25
"""Sizes are named by round numbers: a "1B" model may have 0.8 to 1.25 billion parameters."""


def matching(params: float) -> list[Range]:
    """The rows whose sizes hold this one; both where it lies on a border."""
    return [row for row in RANGES if row.params[0] / MARGIN <= params <= row.params[1] * MARGIN]
