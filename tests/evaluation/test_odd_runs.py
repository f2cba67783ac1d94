"""Runs with few objectives, other windows or broken weights, data that does not fit, options that cannot be meant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.errors import CorruptError, LimitError, MissingError, UsageError, XperienceError
from xperience.evaluation.embed import embed
from xperience.evaluation.opening import checked_device
from xperience.evaluation.run import evaluate
from xperience.pretrain.config import load_config
from xperience.pretrain.run import pretrain

SMALL = {
    "model.changes": {"width": 32, "layers": 2, "heads": 2, "kv_heads": 2, "text_width": 32, "vocabulary": 512},
    "run.steps": 1,
    "run.minutes": 0.0,
    "run.batch": 4,
    "run.workers": 0,
    "run.device": "cpu",
}
NOTHING = {"tasks": ["contact_prediction"], "sections": ["forecasts"], "show": False}


def made(prepared: Path, out: Path, **changes: Any) -> Path:
    torch.set_num_threads(1)
    config = load_config("nano", SMALL | {key.replace("__", "."): value for key, value in changes.items()})
    assert pretrain(config, [prepared], out).code == 0
    return out


def edited(folder: Path, out: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of prepared data with another table of recordings."""
    shutil.copytree(folder, out)
    table = pq.read_table(out / "episodes.parquet").to_pydict()
    change(table)
    pq.write_table(pa.table(table), out / "episodes.parquet")
    return out


OWN = {
    "masked": (),
    "alignment": ("cross_modal_retrieval",),
    "language": (),
    "contact": ("hand_contact",),
    "hand_motion": (),
    "action": ("timeline_action",),
}
"""Objective to the tasks among `ASKED` that its heads answer; forecasts of hands need the headset's too."""

ASKED = (
    "timeline_action", "hand_contact", "object_relevance", "hand_trajectory_forecast", "ego_motion",
    "cross_modal_retrieval", "caption_grounding", "misalignment_detection",
)  # fmt: skip
NEEDS = {
    "forecasts": {"hand_motion"},
    "retrieval": {"alignment"},
    "missing": {"action", "contact", "hand_motion"},
    "shifts": {"alignment"},
    "documents": {"language"},
    "heldout": {"action", "hand_motion"},
}
SLOW = {("documents", "language"), ("missing", "contact"), ("missing", "hand_motion")}


@pytest.mark.parametrize("objective", OWN)
def test_a_run_of_one_objective_is_asked_only_what_its_heads_know(
    objective: str, prepared_path: Path, tmp_path: Path
) -> None:
    run = made(prepared_path, tmp_path / "run", objectives={objective: 1.0})
    tasks = ASKED if objective == "masked" else (*OWN[objective], "timeline_action", "hand_contact")
    sections = [name for name in NEEDS if (name, objective) not in SLOW]
    found = evaluate(
        run, prepared_path, tmp_path / "out", tasks=list(dict.fromkeys(tasks)), sections=sections, show=False
    )
    for row in found["tasks"]:
        if row["id"] not in OWN[objective]:
            assert row["test"]["own"] is None, row["id"]
    there = {row["id"]: row["test"] for row in found["tasks"]}
    assert there["timeline_action"]["linear probe"] is not None
    assert (there["timeline_action"]["own"] is not None) == (objective == "action")
    if objective == "masked":
        reason = json.loads(
            (tmp_path / "out" / "model" / "own" / "test" / "timeline_action" / "metrics.json").read_text()
        )
        assert "no head for this task" in json.dumps(reason)
        assert there["misalignment_detection"]["linear probe"] is not None, "the tokens of both sides are there"
    for name in sections:
        assert ("reason" in found["sections"][name]) == (objective not in NEEDS[name]), (name, found["sections"][name])


def test_other_windows_are_embedded_but_not_evaluated(prepared_path: Path, tmp_path: Path) -> None:
    run = made(prepared_path, tmp_path / "run", data__frames=40)
    with pytest.raises(
        UsageError, match=r"(?s)windows are not those of the tasks.*data\.frames.*found: 40.*expected: 20"
    ):
        evaluate(run, prepared_path, tmp_path / "out", show=False)
    assert not (tmp_path / "out").exists()
    about = embed(run, prepared_path, tmp_path / "x.npy", stride=10**40, show=False)
    assert about["window_frames"] == 40 and [one["windows"] for one in about["recordings"]] == [1] * 4


def test_recordings_shorter_than_a_window_are_left_out(trained: Path, prepared_path: Path, tmp_path: Path) -> None:
    sides = {"split": ["train", "train", "test", "test"]}
    frames = pq.read_table(prepared_path / "episodes.parquet")["frames"].to_pylist()
    data = edited(prepared_path, tmp_path / "one", lambda table: table.update(sides, frames=[*frames[:3], 5]))
    found = evaluate(trained, data, tmp_path / "out", **NOTHING | {"sections": ["forecasts", "heldout"]})
    ids = pq.read_table(data / "episodes.parquet")["episode_id"].to_pylist()
    assert found["set_aside"] == [{"episode": ids[3], "reason": "shorter than 20 frames"}]
    assert found["episodes"] == {"train": 2, "val": 0, "test": 1}
    data = edited(prepared_path, tmp_path / "all", lambda table: table.update(sides, frames=[*frames[:2], 5, 5]))
    with pytest.raises(LimitError, match="no recording of the train or of the test side is as long as a window"):
        evaluate(trained, data, tmp_path / "none", **NOTHING)
    data = edited(prepared_path, tmp_path / "further", lambda table: table.update(frames=[5] * 4))
    with pytest.raises(LimitError, match="no recording is as long as a window"):
        evaluate(trained, prepared_path, tmp_path / "none", heldout=[data], **NOTHING)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("key", "change"), [("depth", {"width": 32, "every": 5}), ("seconds", 4.0)])
def test_data_of_another_recipe_is_refused(
    key: str, change: Any, trained: Path, prepared_path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(prepared_path, other)
    recipe = json.loads((other / "recipe.json").read_text())
    (other / "recipe.json").write_text(json.dumps(recipe | {key: change}))
    given: list[tuple[Path, Mapping[str, Any]]] = [(other, {}), (prepared_path, {"heldout": [other]})]
    for data, more in given:
        with pytest.raises(UsageError, match=rf"(?s)prepared by another recipe than the run's.*field: {key}"):
            evaluate(trained, data, tmp_path / "out", **NOTHING, **more)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["foo", "meta", "mps", "cuda:", "cuda:x", "cpu:0", "", "cuda:-1"])
def test_no_such_kind_of_device(name: str) -> None:
    with pytest.raises(UsageError, match=r"(?s)no such device.*--device.*cpu, cuda, or cuda:N"):
        checked_device(name)


def test_a_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert checked_device("cpu") == "cpu"
    for name in ("cuda", "cuda:9"):
        with pytest.raises(MissingError, match="no such GPU"):
            checked_device(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [checked_device(name) for name in ("cuda", "cuda:1")] == ["cuda", "cuda:1"]
    with pytest.raises(MissingError, match="one of 2 GPUs"):
        checked_device("cuda:2")


def test_both_commands_refuse_a_device_and_a_seed(trained: Path, prepared_path: Path, tmp_path: Path) -> None:
    load(app)
    out = ["--out", str(tmp_path / "x.npy"), "--quiet"]
    evaluated = ["evaluate", str(trained), "--data", str(prepared_path), *out]
    for words in (evaluated, ["embed", str(trained), str(prepared_path), *out]):
        done = CliRunner().invoke(app, [*words, "--device", "foo"])
        assert isinstance(done.exception, UsageError) and "no such device" in str(done.exception)
    done = CliRunner().invoke(app, [*evaluated, "--seed", "-1"])
    assert done.exit_code == 2 and "--seed" in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x.npy", "x.tokens.npz", "x.json"])
def test_embed_keeps_a_folder_that_stands_in_the_way(
    name: str, trained: Path, prepared_path: Path, tmp_path: Path
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "kept").write_text("mine")
    with pytest.raises(UsageError, match="a folder stands where a file would be written"):
        embed(trained, prepared_path, tmp_path / "x.npy", show=False)
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name / "kept").read_text() == "mine"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers(value: float, trained: Path, prepared_path: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    run = tmp_path / "run"
    shutil.copytree(trained, run, ignore=shutil.ignore_patterns("checkpoints"))
    weights = load_file(str(run / "weights.safetensors"))
    name = next(name for name, one in weights.items() if one.is_floating_point() and one.dim() == 2)
    weights[name][0, 0] = value
    save_file(weights, str(run / "weights.safetensors"))

    def refused(work: Callable[[], object]) -> None:
        with pytest.raises(XperienceError, match=r"(?s)no finite numbers.*weights\.safetensors") as caught:
            work()
        assert isinstance(caught.value, CorruptError) and caught.value.field == name

    refused(lambda: embed(run, prepared_path, tmp_path / "x.npy", show=False))
    refused(lambda: evaluate(run, prepared_path, tmp_path / "out", **NOTHING))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
