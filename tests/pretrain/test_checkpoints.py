"""A checkpoint is whole, or it does not count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import toy

from xperience.errors import CorruptError, UsageError
from xperience.pretrain import checkpoints
from xperience.pretrain.records import read_progress


@pytest.fixture
def run(tmp_path: Path) -> Path:
    toy.run(tmp_path, run__steps=4, run__save_every=2, optimiser__schedule="constant")
    return tmp_path


def newest(run: Path) -> Path:
    return sorted(checkpoints.folder(run).iterdir())[-1]


def cut(folder: Path) -> None:
    file = next(folder.glob("*.distcp"))
    file.write_bytes(file.read_bytes()[:-10])


def flip(folder: Path) -> None:
    file = next(folder.glob("*.distcp"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def lose(folder: Path) -> None:
    next(folder.glob("*.distcp")).unlink()


def halve(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def garble(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"format": 1, "step": 4, "files": {"../x": 3}}')


@pytest.mark.parametrize("harm", [cut, flip, lose, halve, garble])
def test_the_last_good_one_is_used(run: Path, harm) -> None:  # type: ignore[no-untyped-def]
    before = [line["loss"] for line in read_progress(run)]
    harm(newest(run))
    found, passed = checkpoints.latest(run)
    assert found is not None and found.step == 2 and len(passed) == 1
    assert [row["state"] == "whole" for row in checkpoints.inventory(run)] == [True, False]
    toy.run(run, run__steps=4, optimiser__schedule="constant")
    assert [line["loss"] for line in read_progress(run)] == before
    assert checkpoints.latest(run)[0].step == 4  # type: ignore[union-attr]


def test_what_was_being_written_is_cleared_away(run: Path) -> None:
    rest = checkpoints.folder(run) / ".step_000000009.tmp"
    rest.mkdir()
    (rest / "__0_0.distcp").write_bytes(b"half")
    assert checkpoints.latest(run)[0].step == 4  # type: ignore[union-attr]
    toy.run(run, run__steps=5, optimiser__schedule="constant")
    assert not rest.exists()


def test_only_so_many_stay(tmp_path: Path) -> None:
    toy.run(tmp_path, run__steps=6, run__save_every=1, run__keep=3)
    assert [row["step"] for row in checkpoints.inventory(tmp_path)] == [4, 5, 6]


def test_everything_comes_back(run: Path) -> None:
    found, _ = checkpoints.latest(run)
    assert found is not None
    learner = toy.learner(seed=5)
    checkpoints.restore(found, learner, None, None)
    other = toy.learner(seed=6)
    checkpoints.restore(found, other, None, None)
    for (name, a), b in zip(learner.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    differs = [
        not torch.equal(a, b) for a, b in zip(learner.model.parameters(), learner.teacher.parameters(), strict=True)
    ]
    assert any(differs)  # the teacher lags behind


def test_another_model_is_refused(run: Path) -> None:
    found, _ = checkpoints.latest(run)
    assert found is not None
    learner = toy.learner()
    learner.model.enter = torch.nn.Linear(6, 17)
    with pytest.raises(UsageError, match="of another model"):
        checkpoints.restore(found, learner, None, None)
    learner = toy.learner()
    learner.model.more = torch.nn.Linear(1, 1)
    with pytest.raises(UsageError, match="of another model"):
        checkpoints.restore(found, learner, None, None)


def test_a_manifest_names_only_its_own_files(run: Path) -> None:
    place = newest(run) / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["files"]["../../progress.jsonl"] = {"bytes": 1, "blake2b": "0"}
    place.write_text(json.dumps(manifest))
    with pytest.raises(CorruptError):
        checkpoints.read(newest(run))


@pytest.mark.parametrize(
    "changes",
    [
        {"counters": None}, {"counters": {"foo": 1}}, {"counters": {"step": "4"}}, {"counters": {"step": -1}},
        {"normaliser": None}, {"normaliser": {"mean": {}}}, {"alarm": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_manifest_that_does_not_say_where_the_run_stands(run: Path, changes: dict[str, object]) -> None:
    before = [line["loss"] for line in read_progress(run)]
    file = newest(run) / "manifest.json"
    manifest = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({name: value for name, value in manifest.items() if value is not None}))
    toy.run(run, run__steps=4, optimiser__schedule="constant")
    assert [line["loss"] for line in read_progress(run)] == before


def test_damaged_records_cost_only_themselves(run: Path) -> None:
    file = run / "progress.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(
        b"".join([lines[0], b"\x80\xff garbage\n", b"[" * 100_000 + b"\n", b'{"step": true}\n', *lines[1:]])
    )
    toy.run(run, run__steps=5, optimiser__schedule="constant")
    assert [line["step"] for line in read_progress(run)] == list(range(5))


def test_a_checkpoint_is_on_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from on_disk import noted

    said = noted(monkeypatch)
    toy.run(tmp_path, run__steps=1, run__panel_every=0, run__probe_every=0)
    (folder,) = (tmp_path / "checkpoints").iterdir()
    named = said.index(("name", folder.name))
    before = [name for kind, name in said[:named] if kind == "sync"]
    assert {file.name for file in folder.iterdir()} <= set(before)
    assert ("sync", "checkpoints") in said[named:]
