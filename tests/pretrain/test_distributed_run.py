"""The real command and model on two ranks: killed, gone on with two and with one, on recordings that lack streams."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from launching import column, finish, kill, start, until
from safetensors.torch import load_file
from test_pretrain_run import SMALL

from xperience.model.config import ModelConfig
from xperience.model.language import Tokenizer
from xperience.pretrain import checkpoints, run
from xperience.pretrain.config import TrainConfig, load_config
from xperience.pretrain.corpus import Corpus
from xperience.pretrain.loader import samples_of

STEPS, SAVED, RANKS = 8, 3, 2
LACKING = ("imu", "hand_left", "video_fisheye_cam1")
OPTIONS = SMALL | {
    "run.steps": STEPS, "run.precision": "float32", "run.save_every": SAVED, "run.probe_every": 4, "run.panel_every": 4,
    "data.group": 1,
}  # fmt: skip


def config() -> TrainConfig:
    return load_config("nano", dict(OPTIONS))


def command(data: Path, out: Path, ranks: int, **changes: object) -> subprocess.Popen[str]:
    """`xperience pretrain nano` with the options of these tests."""
    values = {**OPTIONS, **{name.replace("__", "."): value for name, value in changes.items()}}
    changed = values.pop("model.changes")
    assert isinstance(changed, dict)
    values["model.changes"] = "{" + ", ".join(f"{name} = {value}" for name, value in changed.items()) + "}"
    pairs = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    return start(ranks, "-m", "xperience", "pretrain", "nano", "--data", str(data), "--out", str(out), *pairs)


@pytest.fixture(scope="module")
def lacking(episodes_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings prepared for training, one of them without IMU, hands and one view."""
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of
    from xperience.prepare.recipe import parse

    copy = tmp_path_factory.mktemp("lacking") / "recordings"
    shutil.copytree(episodes_path, copy)
    folder = Path(items_of(copy)[0].location)
    with h5py.File(folder / "annotation.hdf5", "r+") as file:
        del file["imu"]
        del file["hand_mocap"]
    (folder / "fisheye_cam1.mp4").unlink()
    items = items_of(copy)[:2]
    recipe = parse(
        {"name": "test", "seconds": 2.0, "shard_mb": 1, "video": {"width": 32, "codec": "raw", "every": 5},
         "depth": {"width": 16, "every": 5}}
    )  # fmt: skip
    prepare(items, {"train": [item.id for item in items]}, recipe, copy.parent / "prepared", show=False)
    return copy.parent / "prepared"


def test_streams_that_some_ranks_lack(lacking: Path) -> None:
    """What the next test trains on: often one rank has a stream in no sample, and the other has."""
    corpus = Corpus([lacking], config().data, 0)
    there = np.array(
        [
            [[(b.streams[name].presence == 0).any() for name in LACKING] for b in batches]
            for batches in (
                [corpus.batches.batch(samples_of(step, config().run.batch, rank, RANKS)) for rank in range(RANKS)]
                for step in range(STEPS)
            )
        ]
    )
    assert (there[:, 0] != there[:, 1]).any(0).all()


def test_killed_and_gone_on(lacking: Path, tmp_path: Path) -> None:
    finish(command(lacking, tmp_path / "whole", 2))
    alone = run.pretrain(load_config("nano", OPTIONS | {"run.steps": 1}), [lacking], tmp_path / "alone")
    assert alone.line["terms"] == pytest.approx(column(tmp_path / "whole", "terms")[0], rel=1e-5)

    process = command(lacking, tmp_path / "two", 2)
    until(tmp_path / "two", random.randrange(SAVED, 2 * SAVED))
    while (begun := checkpoints.latest(tmp_path / "two")[0]) is None:
        time.sleep(0.01)  # it is written in the background, and whole before the next one begins
    kill(process)
    assert len(column(tmp_path / "two", "step")) < STEPS
    shutil.copytree(tmp_path / "two", tmp_path / "one")
    text = finish(command(lacking, tmp_path / "two", 2))
    assert f"goes on from step {begun.step}" in text
    finish(command(lacking, tmp_path / "one", 1))

    for name in ("two", "one"):
        assert column(tmp_path / name, "step") == list(range(STEPS))
        for same in ("order", "present", "counts"):
            assert column(tmp_path / name, same) == column(tmp_path / "whole", same)
    for exact in ("loss", "terms", "norm"):
        assert column(tmp_path / "two", exact) == column(tmp_path / "whole", exact)
    assert column(tmp_path / "one", "loss") == pytest.approx(column(tmp_path / "whole", "loss"), rel=1e-5)
    whole, two = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "two"))
    assert all(torch.equal(whole[name], two[name]) for name in whole)


def test_copies_of_the_model_begin_as_one_rank_makes_it(lacking: Path, tmp_path: Path) -> None:
    """HSDP; after a step that moves nothing, the weights are those that a process alone would make."""
    finish(command(lacking, tmp_path, 2, run__steps=1, run__replicas=2, optimiser__lr=1e-30))
    found = load_file(tmp_path / "weights.safetensors")
    shape = ModelConfig.from_json(json.loads((tmp_path / "config.json").read_text())["model"])
    tokenizer = Tokenizer((tmp_path / "tokenizer.json").read_text())
    expected = run.fresh(config(), shape, tokenizer, Corpus([lacking], config().data, 0))
    expected |= {f"teacher.{n.removeprefix('model.')}": v for n, v in expected.items() if n.startswith("model.")}
    assert found.keys() == expected.keys()
    assert all(torch.allclose(found[name], expected[name], rtol=0, atol=1e-25) for name in found)
