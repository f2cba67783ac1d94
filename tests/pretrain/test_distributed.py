"""Two real processes under torchrun: modalities that some ranks lack, parts of a batch, a signal, a loss that is not finite.

A small learner stands for the model; the real one is killed and goes on in test_distributed_run.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import toy
from launching import column, finish, ranks_of, until
from launching import start as launch

from xperience.pretrain import checkpoints
from xperience.pretrain.records import read_progress
from xperience.pretrain.trainer import STOPPED

TOY = Path(__file__).with_name("toy.py")


def start(run: Path, ranks: int, **options: Any) -> subprocess.Popen[str]:
    pairs = [f"{key}={value}" for key, value in {"optimiser.schedule": "constant", **options}.items()]
    return launch(ranks, str(TOY), str(run), *pairs)


def train(run: Path, ranks: int, **options: Any) -> None:
    finish(start(run, ranks, **options))


def test_what_is_lacking_on_some_ranks_hangs_nobody(tmp_path: Path) -> None:
    """1 % of samples without their only stream, other ones on each rank; then so many that ranks often have nothing at all."""
    train(tmp_path / "few", 2, **{"run.steps": 40, "lacking": 0.01, "run.batch": 16, "run.save_every": 1000})
    assert len(read_progress(tmp_path / "few")) == 40
    counts = [row["imu"] for row in column(tmp_path / "few", "present")]
    assert min(counts) < 16 and max(counts) == 16
    train(tmp_path / "many", 2, **{"run.steps": 10, "lacking": 0.7, "run.batch": 2, "run.save_every": 1000})
    assert 0 in [row["imu"] for row in column(tmp_path / "many", "present")]


def test_loss_and_gradient_are_those_of_the_whole_batch_in_any_parts_on_any_ranks(tmp_path: Path) -> None:
    """A fifth, half and nearly all of the samples lack their only stream: parts and ranks hold unlike counts, or none."""
    shares = (0.2, 0.5, 0.85)
    options = {"run.steps": 3, "run.batch": 8, "run.save_every": 1000}
    train(tmp_path / "two", 2, parts="1,2,4", lacking=",".join(map(str, shares)), **options)
    for share in shares:
        one = tmp_path / f"one_{share}"
        toy.run(one, share, run__steps=3, run__batch=8, run__save_every=1000, optimiser__schedule="constant")
        alone = read_progress(one)
        assert [line["counts"]["future/level"] for line in alone] != [8.0] * 3
        for parts in (1, 2, 4):
            shared = read_progress(tmp_path / "two" / str(share) / str(parts))
            assert len(shared) == len(alone) == 3
            for mine, ours in zip(alone, shared, strict=True):
                assert ours["counts"] == mine["counts"]
                assert ours["loss"] == pytest.approx(mine["loss"], rel=1e-6)
                assert ours["norm"]["gradient"] == pytest.approx(mine["norm"]["gradient"], rel=1e-6)
                assert ours["terms"] == pytest.approx(mine["terms"], rel=1e-6)


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
