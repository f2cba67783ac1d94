"""Twenty steps of a small model on all objectives, whose losses are kept in golden_losses.json.

python tests/pretrain/golden.py     writes them anew, after a change that is meant to change them; say why in the commit
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import toy

sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))
import random_batch

from xperience.model.language import Tokenizer
from xperience.model.model import XperienceModel
from xperience.prepare.batch import Batch
from xperience.prepare.streams import STREAMS
from xperience.pretrain.config import parse
from xperience.pretrain.learner import Learner, on_device
from xperience.pretrain.objectives import NAMES, build
from xperience.pretrain.records import read_progress
from xperience.pretrain.step import Texts
from xperience.pretrain.trainer import train

KEPT = Path(__file__).with_name("golden_losses.json")
STEPS, SIZE = 20, 4


class Drawn:
    """Batches of random numbers, each of its own seed, some streams lacking."""

    identity = "drawn"

    def stream(self, start: int, size: int, rank: int, world: int, workers: int) -> Iterator[tuple[int, Batch]]:
        number = start
        while True:
            yield number, random_batch.batch(size=size, seed=number)
            number += 1


def losses(out: Path) -> dict[str, list[float]]:
    """The loss, the gradient's norm and every objective's sum of terms, by step."""
    torch.set_num_threads(1)
    options = parse(
        {
            "objectives": {name: {"weight": 0.5 if name == "language" else 1.0} for name in NAMES},
            "masking": {"sparse": 0.2, "light": 0.2},
            "optimiser": {"lr": 2e-3, "warmup": 5, "clip": 1.0, "final": 0.1, "ema": 0.9},
            "run": {
                "steps": STEPS,
                "batch": SIZE,
                "device": "cpu",
                "probe_every": 0,
                "panel_every": 0,
                "save_every": 1000,
            },
        }
    )
    torch.manual_seed(options.run.seed)
    shape = random_batch.config(width=32, layers=1, heads=1, kv_heads=1, text_width=32)
    model = XperienceModel(shape, Tokenizer.learn(random_batch.WORDS, 300))
    heads = build(tuple(options.weights()), shape, model.channels)
    first = random_batch.batch(presence="all")
    model.calibrate([on_device(first, torch.device("cpu"))])
    with torch.no_grad():
        tokens = model.encode(on_device(first, torch.device("cpu"))).tokens
    times = {name: tokens.time[0, tokens.of(name)].numpy() for name in STREAMS}
    pairs = tuple(f"{a} {b}" for a in random_batch.WORDS for b in random_batch.WORDS)
    texts = Texts({"action": pairs, "subtask": pairs, "object": random_batch.WORDS})
    learner = Learner(model, heads, texts, options.masking, times, options.objectives)
    train(options, learner, Drawn(), out, toy.alone())
    found: dict[str, list[float]] = {"loss": [], "gradient": []} | {name: [] for name in NAMES}
    for line in read_progress(out):
        found["loss"].append(line["loss"])
        found["gradient"].append(line["norm"]["gradient"])
        for name in NAMES:
            found[name].append(sum(v for term, v in line["terms"].items() if term.split("/")[0] == name))
    return {name: [float(np.float32(value)) for value in values] for name, values in found.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        KEPT.write_text(json.dumps(losses(Path(folder)), indent=1) + "\n", "utf-8")
