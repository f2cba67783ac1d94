"""Two real processes under torchrun: killed, gone on with two and with one, lacking modalities on some ranks."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from pathlib import Path
from typing import Any

from launching import column, finish, kill, ranks_of, until
from launching import start as launch

from xperience.pretrain import checkpoints
from xperience.pretrain.records import read_progress
from xperience.pretrain.trainer import STOPPED

TOY = Path(__file__).with_name("toy.py")
STEPS = 14


def start(run: Path, ranks: int, **options: Any) -> subprocess.Popen[str]:
    pairs = [f"{key}={value}" for key, value in {"optimiser.schedule": "constant", **options}.items()]
    return launch(ranks, str(TOY), str(run), *pairs)


def train(run: Path, ranks: int, **options: Any) -> None:
    finish(start(run, ranks, **options))


def test_killed_at_a_random_step_and_gone_on(tmp_path: Path) -> None:
    options = {"run.steps": STEPS, "lacking": 0.1, "run.save_every": 2}
    train(tmp_path / "whole", 2, **options)
    step = random.randrange(3, STEPS - 3)
    for name in ("two", "one"):
        process = start(tmp_path / name, 2, pause=0.05, **options)
        until(tmp_path / name, step)
        kill(process)
        assert len(read_progress(tmp_path / name)) < STEPS
    begun = checkpoints.latest(tmp_path / "one")[0]
    assert begun is not None and 0 < begun.step < STEPS
    train(tmp_path / "two", 2, **options)
    train(tmp_path / "one", 1, **options)
    for name in ("two", "one"):
        assert column(tmp_path / name, "step") == list(range(STEPS))
        assert column(tmp_path / name, "order") == column(tmp_path / "whole", "order")
        assert column(tmp_path / name, "present") == column(tmp_path / "whole", "present")
    assert column(tmp_path / "two", "loss") == column(tmp_path / "whole", "loss")
    for a, b in zip(column(tmp_path / "one", "loss"), column(tmp_path / "whole", "loss"), strict=True):
        assert abs(a - b) < 1e-4 * max(abs(b), 1)


def test_what_is_lacking_on_some_ranks_hangs_nobody(tmp_path: Path) -> None:
    """1 % of samples without their only stream, other ones on each rank; then so many that ranks often have nothing at all."""
    train(tmp_path / "few", 2, **{"run.steps": 40, "lacking": 0.01, "run.batch": 16, "run.save_every": 1000})
    assert len(read_progress(tmp_path / "few")) == 40
    counts = [row["imu"] for row in column(tmp_path / "few", "present")]
    assert min(counts) < 16 and max(counts) == 16
    train(tmp_path / "many", 2, **{"run.steps": 10, "lacking": 0.7, "run.batch": 2, "run.save_every": 1000})
    assert 0 in [row["imu"] for row in column(tmp_path / "many", "present")]


def test_a_signal_to_the_launcher_saves(tmp_path: Path) -> None:
    process = start(tmp_path, 2, pause=0.05, **{"run.steps": 500, "run.save_every": 1000, "poison": 1})
    until(tmp_path, 3)
    os.kill(ranks_of(process)[-1], signal.SIGTERM)  # one rank is told; all agree to stop
    text, _ = process.communicate(timeout=60)
    assert process.returncode != 0 and f"exitcode: {STOPPED}" in text.replace(" :", ":").replace("  ", " ")
    found = checkpoints.latest(tmp_path)[0]
    assert found is not None and found.manifest["counters"]["skipped"] == 1
    assert found.step == len(read_progress(tmp_path))
    assert len(list((tmp_path / "bad").iterdir())) == 1  # only the rank whose loss was not finite keeps its batch
