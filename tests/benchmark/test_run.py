"""The whole way from simulated recordings to a summary, through the command."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from xperience.benchmark.run import run_benchmark
from xperience.benchmark.summary import load_summary
from xperience.benchmark.tasks import registry
from xperience.cli import app, load
from xperience.errors import CorruptError, MissingError, UsageError


@pytest.fixture(scope="module")
def out(episode_path, tmp_path_factory):
    """A run of all tasks on one simulated episode."""
    load(app)
    folder = tmp_path_factory.mktemp("benchmark")
    result = CliRunner().invoke(app, ["benchmark", str(episode_path), "--out", str(folder), "--quiet"])
    assert result.exit_code == 0, result.output
    assert "first 70% of the valid windows train" in result.output
    return folder


def test_a_summary_holds_every_task(out):
    summary = load_summary(out)
    assert list(summary.tasks) == list(registry())
    assert summary.split.kind == "chronological"
    assert summary.features.dim == 8546
    for task in summary.tasks.values():
        assert (task.status == "measured") == (task.score is not None)
        assert bool(task.reason) == (task.status == "not measurable")
        assert (out / task.folder / "RUN_REPORT.md").is_file()
    measured = {name for name, task in summary.tasks.items() if task.status == "measured"}
    assert measured >= {
        "hand_trajectory_forecast", "caption_grounding", "cross_modal_retrieval", "modality_reconstruction",
        "temporal_order", "misalignment_detection",
    }  # fmt: skip
    hands = summary.tasks["hand_trajectory_forecast"]
    assert {b.name for b in hands.baselines} >= {"train mean", "constant position", "constant velocity"}
    assert all(b.present_in == 1 for b in hands.blocks)


def test_manifests_say_what_went_in(out):
    episodes = json.loads((out / "episode_manifest.json").read_text())
    dataset = json.loads((out / "dataset_manifest.json").read_text())
    assert [e["split"] for e in episodes["episodes"]] == ["train and test"]
    assert dataset["num_episodes"] == dataset["num_sessions"] == 1
    assert dataset["num_windows"] == episodes["episodes"][0]["num_windows"]


def test_running_again_changes_nothing(out, episode_path):
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*") if path.is_file()}
    summary = load_summary(out)
    again = run_benchmark(episode_path, out, show=False, command=summary.command)
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*") if path.is_file()} == before
    assert again.tasks == summary.tasks


def test_nothing_in_the_output_names_a_path_of_this_machine(out, tmp_path):
    for path in out.rglob("*.json"):
        assert "/tmp" not in path.read_text(), path
        assert str(tmp_path.parent) not in path.read_text(), path


def test_sessions_are_held_out_and_bad_recordings_set_aside(episodes_path, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(episodes_path, data)
    bad = sorted(data.glob("*/ep*"))[0].parent / "ep99"
    bad.mkdir()
    (bad / "annotation.hdf5").write_bytes(b"\x89HDF\r\n\x1a\n truncated")
    tasks = ["transition_detection", "hand_trajectory_forecast", "cross_modal_retrieval"]
    summary = run_benchmark(data, tmp_path / "out", tasks=tasks, hold_out="session", show=False)
    assert list(summary.tasks) == tasks
    assert len(summary.episodes) == 4
    assert [item["episode"] for item in summary.set_aside] == [f"{bad.parent.name}/ep99"]
    assert str(tmp_path) not in (tmp_path / "out/summary_report.json").read_text()
    sides = {e.id: e.split for e in summary.episodes}
    session = {e.id: e.session for e in summary.episodes}
    assert not {session[i] for i in summary.split.train} & {session[i] for i in summary.split.test}
    assert set(sides.values()) == {"train", "test"}
    hands = summary.tasks["hand_trajectory_forecast"]
    assert hands.num_train_episodes + hands.num_test_episodes == 4
    assert hands.num_test_episodes == len(summary.split.test)


def test_what_cannot_be_run_is_said(episode_path, tmp_path):
    with pytest.raises(UsageError, match="not split at random"):
        run_benchmark(episode_path, tmp_path, tasks=["timeline_action"], hold_out="random", show=False)
    with pytest.raises(UsageError, match="no such task"):
        run_benchmark(episode_path, tmp_path, tasks=["everything"], show=False)
    with pytest.raises(MissingError):
        run_benchmark(tmp_path / "nothing", tmp_path, show=False)
    (tmp_path / "ep1").mkdir()
    (tmp_path / "ep1/annotation.hdf5").write_bytes(b"no HDF5")
    with pytest.raises(CorruptError):
        run_benchmark(tmp_path / "ep1", tmp_path, show=False)
