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
from xperience.errors import CorruptError, FormatError, LimitError, MissingError, UsageError
from xperience.pretrain import costs
from xperience.pretrain.config import TrainConfig, load_config
from xperience.pretrain.learner import on_device
from xperience.pretrain.records import read_progress
from xperience.pretrain.run import planned_shape, pretrain, restore
from xperience.pretrain.trainer import IN_PART
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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("run.batch", True), ("optimiser.betas", [1.5, 0.9]), ("optimiser.betas", [float("nan"), 0.9]),
        ("optimiser.eps", float("inf")), ("optimiser.decay", float("inf")), ("objectives.masked", float("inf")),
        ("objectives.masked", True), ("masking.span_s", 1e-300), ("masking.span_s", float("inf")),
        ("run.minutes", float("inf")), ("run.accumulate", 3), ("data.future", 0), ("data.streams", ["imu", "imu"]),
        ("data.every", {"pose": 2}), ("data.every", {"contacts": 4}), ("model.changes.width", "abc"),
        ("model.changes.width", [32]), ("model.changes.layers", 100_000), ("model.changes.readouts", 1.5),
        ("model.changes.block_s", 0), ("model.changes.block_s", float("nan")), ("model.changes.window_s", 2),
        ("model.changes.horizon_s", 5), ("model.changes.context_s", -3), ("model.changes.depth_grid", 0),
        ("model.changes.audio_tokens", 100_000), ("model.changes.imu_tokens", 0), ("model.changes.motion_tokens", 0),
        ("model.changes.rays", 5), ("model.changes.text_layers", 0), ("model.changes.vocabulary", 1),
    ],
    ids=str,
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused(key: str, value: object) -> None:
    with pytest.raises(UsageError):
        planned_shape(load_config("nano", {key: value}), [])


@pytest.mark.parametrize(
    "content", [b"\x80\xff", 'name = "é"'.encode("latin-1"), b"x = " + b"9" * 5000, b"x=" + b"[" * 9999]
)
def test_what_is_no_toml(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(FormatError, match="not TOML"):
        load_config(tmp_path / "a.toml")


@pytest.mark.parametrize("name", ["ego_motion", "hand_motion", "language", "contact", "policy", "pairs"])
def test_an_objective_says_which_stream_it_lacks(name: str, prepared_path: Path, tmp_path: Path) -> None:
    chosen = config(objectives={name: 1.0}, data__streams=["imu"])
    with pytest.raises(UsageError, match=f"objectives.{name}"):
        pretrain(chosen, [prepared_path], tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_where_data_lies_does_not_change_its_order(prepared_path: Path, tmp_path: Path) -> None:
    from xperience.pretrain.corpus import Corpus

    shutil.copytree(prepared_path, tmp_path / "moved")
    here, there = (Corpus([folder], config().data, 0) for folder in (prepared_path, tmp_path / "moved"))
    first, second = (one.batches.batch(np.arange(6)) for one in (here, there))
    assert here.identity == there.identity
    assert first.episode_id == second.episode_id and (first.start_frame == second.start_frame).all()


def test_a_run_goes_on_with_its_own_tokenizer_only(run: Path, prepared_path: Path, tmp_path: Path) -> None:
    from xperience.model.language import Tokenizer

    shutil.copytree(run, tmp_path / "run")
    file = tmp_path / "run" / "tokenizer.json"
    file.write_text(Tokenizer.learn(["some other words"], 300).text)
    with pytest.raises(UsageError, match="another tokenizer"):
        pretrain(config(run__steps=3), [prepared_path], tmp_path / "run")
    for damage in ("", "{}", file.read_text()[:500]):
        file.write_text(damage)
        with pytest.raises(CorruptError, match=r"tokenizer\.json"):
            pretrain(config(run__steps=3), [prepared_path], tmp_path / "run")
        with pytest.raises(CorruptError, match=r"tokenizer\.json"):
            restore(tmp_path / "run")


def test_nothing_of_others_is_written_over(prepared_path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="into its data"):
        pretrain(config(), [prepared_path], prepared_path)
    (tmp_path / "statistics.json").write_text("mine")
    with pytest.raises(UsageError, match="not of a run"):
        pretrain(config(), [prepared_path], tmp_path)
    (tmp_path / "config.json").write_text('{"mine": 1}')
    with pytest.raises(CorruptError, match=r"config\.json"):
        pretrain(config(), [prepared_path], tmp_path)
    assert (tmp_path / "statistics.json").read_text() == "mine"


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
    run = costs.training(chosen, shape, size)
    assert run.memory(64).total < run.memory(8).total
    assert run.operations > 6 * size.trunk * size.tokens


def test_the_command_plans(tmp_path: Path) -> None:
    if not app.registered_commands:
        load(app)
    result = CliRunner().invoke(app, ["pretrain", "1b", "--plan", "--gpus", "64"])
    assert result.exit_code == 0 and "memory of each of 64 GPUs" in result.stdout and "days" in result.stdout


def test_a_plan_says_whose_negatives_are_those_of_a_part() -> None:
    def planned(**changes: object) -> str:
        chosen = config(**changes)
        return costs.plan(chosen, planned_shape(chosen, []), 1)

    both = {"alignment": 1.0, "pairs": 1.0, "masked": 1.0}
    assert "alignment and pairs draw their negatives from the 2 samples of a part" in planned(
        objectives=both, run__batch=4, run__accumulate=2
    )
    assert "negatives" not in planned(objectives=both, run__batch=4, run__accumulate=1)
    assert "negatives" not in planned(objectives={"masked": 1.0}, run__batch=4, run__accumulate=2)


def test_parts_of_a_batch_give_the_gradient_of_the_whole_with_the_real_model(
    prepared_path: Path, tmp_path: Path
) -> None:
    """Counts come from a thin model; only what draws its negatives from a part is excepted."""
    weights = {name: 1.0 for name in config().weights() if name not in IN_PART}
    lines = []
    for parts in (1, 2, 4):
        chosen = config(objectives=weights, run__accumulate=parts, run__steps=1, run__precision="float32")
        lines.append(pretrain(chosen, [prepared_path], tmp_path / str(parts)).line)
    for line in lines[1:]:
        assert line["counts"] == lines[0]["counts"]
        assert line["loss"] == pytest.approx(lines[0]["loss"], rel=1e-6)
        assert line["norm"]["gradient"] == pytest.approx(lines[0]["norm"]["gradient"], rel=1e-5)


def test_parts_may_not_change_where_negatives_are_those_of_a_part(prepared_path: Path, tmp_path: Path) -> None:
    for objectives, refused in (({"alignment": 1.0}, True), ({"masked": 1.0}, False)):
        out = tmp_path / next(iter(objectives))
        pretrain(config(objectives=objectives, run__steps=1), [prepared_path], out)
        again = config(objectives=objectives, run__steps=2, run__accumulate=2)
        if refused:
            with pytest.raises(UsageError, match="other parts"):
                pretrain(again, [prepared_path], out)
        else:
            assert pretrain(again, [prepared_path], out).code == 0
