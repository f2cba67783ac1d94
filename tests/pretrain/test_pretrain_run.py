"""From prepared data to a folder of weights and reports, with the real model, and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.errors import CorruptError, LimitError, MissingError, UsageError
from xperience.pretrain import costs
from xperience.pretrain.config import TrainConfig, load_config
from xperience.pretrain.learner import on_device
from xperience.pretrain.records import read_progress
from xperience.pretrain.run import planned_shape, pretrain, restore
from xperience.report.audit import audit

SMALL = {
    "model.changes": {"width": 32, "layers": 2, "heads": 2, "kv_heads": 2, "text_width": 32, "vocabulary": 512},
    "run.steps": 2,
    "run.minutes": 0.0,
    "run.batch": 4,
    "run.workers": 0,
    "run.device": "cpu",
}


def config(**changes: object) -> TrainConfig:
    return load_config("nano", SMALL | {key.replace("__", "."): value for key, value in changes.items()})


@pytest.fixture(scope="module")
def run(prepared_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    assert pretrain(config(), [prepared_path], out).code == 0
    return out


def test_a_run_leaves_all_its_files(run: Path) -> None:
    for name in (
        "config.json", "dataset_manifest.json", "training_metadata.json", "progress.jsonl", "checkpoint_inventory.json",
        "RUN_REPORT.md", "MODEL_CARD.md", "DATA_BOUNDARY_REPORT.md", "weights.safetensors", "statistics.json",
    ):  # fmt: skip
        assert (run / name).stat().st_size > 0, name
    first, second = read_progress(run)
    assert {name.split("/")[0] for name in first["terms"]} == set(config().weights()), (
        "all are asked when it is looked at"
    )
    assert all(np.isfinite(value) for value in first["terms"].values())
    assert "masked/video_stereo_left/baseline" in first["panel"] and "future/latent/baseline" in first["panel"]
    due = {name for name, one in config().objectives.items() if one.due(1)}
    assert {name.split("/")[0] for name in second["terms"]} == due < set(config().weights())
    assert json.loads((run / "dataset_manifest.json").read_text())["folders"][0]["episodes"]


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="compiling needs a C compiler")
@pytest.mark.parametrize("recompute", [False, True])
def test_compiled_blocks_learn_the_same(prepared_path: Path, tmp_path: Path, recompute: bool) -> None:
    """The first step compares objectives, and so goes back through each block several times."""
    import torch._dynamo
    from torch._dynamo.utils import counters

    torch._dynamo.reset()
    counters.clear()
    changes = {"run__compile": True, "run__steps": 1, "run__precision": "float32", "run__recompute": recompute,
               "objectives": {"masked": 1.0, "hand_motion": 1.0}}  # fmt: skip
    compiled = pretrain(config(**changes), [prepared_path], tmp_path / "compiled").line
    assert counters["stats"]["unique_graphs"] >= 2, "the student's blocks and the teacher's"
    plain = pretrain(config(**changes | {"run__compile": False}), [prepared_path], tmp_path / "plain").line
    assert compiled["terms"] == pytest.approx(plain["terms"], rel=1e-3)
    assert compiled["norm"]["gradient"] == pytest.approx(plain["norm"]["gradient"], rel=1e-2)


def test_weights_come_back(run: Path, prepared_path: Path) -> None:
    from xperience.pretrain.corpus import Corpus

    first, second = restore(run), restore(run)
    batch = on_device(Corpus([prepared_path], config().data, 0).batches.batch(np.arange(2)), torch.device("cpu"))
    with torch.no_grad():
        assert torch.equal(first.model(batch).readout, second.model(batch).readout)
        assert not torch.equal(first.model(batch).readout, first.learner.model(batch).readout)


def test_what_may_be_published_passes_the_audit(run: Path, tmp_path: Path) -> None:
    for name in ("weights.safetensors", "MODEL_CARD.md", "RUN_REPORT.md", "DATA_BOUNDARY_REPORT.md", "config.json",
                 "statistics.json", "progress.jsonl", "training_metadata.json", "dataset_manifest.json"):  # fmt: skip
        shutil.copy(run / name, tmp_path)
    assert audit(tmp_path) == []
    assert audit(run), "checkpoints and TensorBoard may not be published"


def test_what_is_wrong_is_said_before_training(run: Path, prepared_path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"optimiser.lr was 0.0015, is 0.1"):
        pretrain(config(optimiser__lr=0.1), [prepared_path], run)
    with pytest.raises(UsageError, match="nanno"):
        pretrain(config(model__size="nanno"), [prepared_path], tmp_path / "a")
    with pytest.raises(UsageError, match="layer"):
        pretrain(config(model__changes={"layer": 3}), [prepared_path], tmp_path / "a")
    with pytest.raises(UsageError, match="side of the split"):
        pretrain(config(data__side="dev"), [prepared_path], tmp_path / "a")
    with pytest.raises(LimitError, match="does not fit"):
        pretrain(config(model__size="7b", model__changes={}), [prepared_path], tmp_path / "a")
    with pytest.raises(MissingError):
        pretrain(config(), [tmp_path], tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_missing_shards_and_another_recipe(prepared_path: Path, tmp_path: Path) -> None:
    shutil.copytree(prepared_path, tmp_path / "data")
    recipe = tmp_path / "data" / "recipe.json"
    recipe.write_text(recipe.read_text().replace('"width": 32', '"width": 64'))
    with pytest.raises(UsageError, match="prepared by another recipe"):
        pretrain(config(), [prepared_path, tmp_path / "data"], tmp_path / "a")
    next((tmp_path / "data" / "shards").glob("*.tar")).unlink()
    with pytest.raises(MissingError, match="shards are missing"):
        pretrain(config(), [tmp_path / "data"], tmp_path / "a")


def test_damaged_runs_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        restore(tmp_path)
    for name in ("config.json", "statistics.json", "tokenizer.json", "weights.safetensors"):
        shutil.copy(run / name, tmp_path)
    (tmp_path / "weights.safetensors").write_bytes((run / "weights.safetensors").read_bytes()[:1000])
    with pytest.raises(CorruptError):
        restore(tmp_path)


@pytest.mark.parametrize(("name", "trunk"), [("nano", 8e5), ("0.3b", 2.4e8), ("7b", 5.5e9)])
def test_costs_before_the_start(name: str, trunk: float) -> None:
    chosen = load_config(name)
    shape = planned_shape(chosen, [])
    size = costs.measure(chosen, shape)
    assert size.trunk == pytest.approx(trunk, rel=0.25)
    one, many = costs.memory(chosen, shape, 8, size), costs.memory(chosen, shape, 64, size)
    assert many.total < one.total
    assert costs.operations(chosen, shape, size) > 6 * size.trunk * size.tokens


def test_the_command_plans(tmp_path: Path) -> None:
    if not app.registered_commands:
        load(app)
    result = CliRunner().invoke(app, ["pretrain", "1b", "--plan", "--gpus", "64"])
    assert result.exit_code == 0 and "memory of each of 64 GPUs" in result.stdout and "days" in result.stdout
