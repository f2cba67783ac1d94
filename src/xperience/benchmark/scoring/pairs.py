"""Two-way decisions about pairs of windows: temporal order, synchronisation."""

from __future__ import annotations

from pathlib import Path

from xperience.benchmark.metrics.binary import binary
from xperience.benchmark.scoring import Extras, Scored
from xperience.benchmark.scoring.files import read_table, refuse_duplicates, refuse_empty, whole_numbers


def score(file: Path, extras: Extras) -> Scored:
    table = read_table(file, ("sample_index", "true", "predicted"), ("episode_id",))
    refuse_empty(file, len(table["true"]))
    sample = whole_numbers(file, "sample_index", table["sample_index"]).tolist()
    refuse_duplicates(file, "sample_index", list(zip(table.get("episode_id", [""] * len(sample)), sample, strict=True)))
    true, predicted = (whole_numbers(file, name, table[name], range(2)) for name in ("true", "predicted"))
    positive = float(true.mean())
    always = 2 * positive / (1 + positive)
    notes = [f"answering 1 always has F1 {always:.4f} here"]
    return Scored(binary(true, predicted) | {"num_test_samples": len(true)}, notes)
