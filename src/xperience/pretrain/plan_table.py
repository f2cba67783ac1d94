"""Writes the table that `xperience plan` reads instead of the model: `python -m xperience.pretrain.plan_table`.

Run it where the model, a shipped config or an objective changed; a test compares the table with the model.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from xperience.corpus.planner import training
from xperience.model.sizes import DIALS
from xperience.pretrain import costs
from xperience.pretrain.config import load_config
from xperience.pretrain.run import planned_shape
from xperience.storage import write_json

FILE = Path(training.__file__).with_name(training.TABLE)


def row(name: str) -> dict[str, Any]:
    """What the model on the meta device says of a shipped config, on the streams of the standard recipe."""
    config = load_config(name)
    return asdict(costs.training(config, planned_shape(config, [])))


if __name__ == "__main__":
    write_json(FILE, [row(name) for name in DIALS])
    print(f"wrote {FILE}")
