"""Real trials from their files to a probe, with the smallest settings, and real hands cut into parts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xperience.errors import UsageError, XperienceError
from xperience.sources.importing import import_recordings
from xperience.sources.registry import source


@pytest.fixture(scope="module")
def benchmarks() -> Iterator[tuple[ModuleType, ModuleType, ModuleType]]:
    """pretrain_real, real_motion and real_probe of the folder benchmarks."""
    folder = str(Path(__file__).resolve().parents[2] / "benchmarks")
    sys.path.append(folder)
    yield import_module("pretrain_real"), import_module("real_motion"), import_module("real_probe")
    sys.path.remove(folder)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small are quicker on one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trials(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imported trials of two actions, subjects 1 to 4."""
    folder = tmp_path_factory.mktemp("utd")
    for action in (1, 24):
        for subject in (1, 2, 3, 4):
            for kind in ("inertial", "skeleton"):
                for file in (real / "utd_mhad").rglob(f"a{action}_s{subject}_t1_{kind}.mat"):
                    shutil.copy(file, folder / file.name)
    import_recordings(source("utd-mhad"), folder, folder / "episodes", show=False)
    return folder / "episodes"


def test_trials_to_probe(
    trials: Path, benchmarks: tuple[ModuleType, ModuleType, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xperience.pretrain.run import pretrain, restore

    main, motion, probing = benchmarks
    opened = main.prepared(trials, tmp_path / "trials", [1, 3], [2, 4], False)
    train, test = motion.read(opened, ["train"]), motion.read(opened, ["test"])
    assert [len(train), len(test)] == [4, 4]
    assert {t.subject for t in train} == {1, 3}
    assert {t.subject for t in test} == {2, 4}
    assert all(np.isfinite(t.body).all() and np.isfinite(t.imu).all() for t in train + test)

    data = main.corpus(train, tmp_path / "corpus", 1, 0, False)
    pretrain(main.config(0, 2), [data], tmp_path / "run")
    restored = restore(tmp_path / "run")
    trained_on = (tmp_path / "run" / "dataset_manifest.json").read_text()
    assert "utd_mhad_s1__a01_t1_v1" in trained_on
    assert not any(f"utd_mhad_s{subject}" in trained_on for subject in (2, 4))
    assert not any(restored.texts.labels.values()), "a label came near pretraining"

    fitted: set[int] = set()
    whole = probing.frozen

    def watched(model: object, shown: list[object]) -> object:
        fitted.update(t.subject for t in shown)  # type: ignore[attr-defined]
        return whole(model, shown)

    names = sorted({t.action for t in train})
    how = probing.Settings(views=1, probe_steps=5, steps=2, batch=2)
    monkeypatch.setattr(probing, "frozen", watched)
    classified = probing.Classified(restored.model, train, names, how, 0)
    assert fitted == {1, 3}
    before = {name: value.clone() for name, value in restored.model.state_dict().items()}
    probing.fine_tune(classified, train, how, 0)
    right = classified.right(test)
    assert {name: values.shape for name, values in right.items()} == dict.fromkeys(("imu", "skeleton", "both"), (4,))
    assert all((before[name] == value).all() for name, value in restored.model.state_dict().items())
    assert any((before[name] != value).any() for name, value in classified.model.state_dict().items())

    drawn = probing.drawn(restored.model, 0).state_dict()
    assert any((before[name] != value).any() for name, value in drawn.items())
    assert all((before[name] == value).all() for name, value in restored.model.state_dict().items())

    alike = probing.similarity(restored, test)
    assert alike.shape == (4, 4)
    assert np.abs(alike).max() <= 2 * motion.WINDOWS + 1e-3


def test_one_input_does_not_see_the_other(
    trials: Path, benchmarks: tuple[ModuleType, ModuleType, ModuleType], tmp_path: Path
) -> None:
    """Features of the IMU stay what they are whatever the body does, and the other way round."""
    from dataclasses import replace

    from xperience.model.config import StreamShape
    from xperience.model.language import Tokenizer
    from xperience.model.model import XperienceModel
    from xperience.model.sizes import size

    main, motion, probing = benchmarks
    train = motion.read(main.prepared(trials, tmp_path / "trials", [1, 3], [2, 4], False), ["train"])
    streams = {"body": StreamShape(motion.WINDOW, (52, 3), 0.05), "imu": StreamShape(442, (6,), 0.005)}
    model = XperienceModel(size("nano", streams=streams, window_s=2.0), Tokenizer(Tokenizer.learn([], 2048).text))
    plain = probing.frozen(model, train)
    other_body = probing.frozen(model, [replace(t, body=t.body[::-1].copy()) for t in train])
    other_imu = probing.frozen(model, [replace(t, imu=t.imu[::-1].copy()) for t in train])
    assert (plain["imu"] == other_body["imu"]).all()
    assert (plain["skeleton"] == other_imu["skeleton"]).all()
    assert (plain["skeleton"] != other_body["skeleton"]).any()
    assert (plain["imu"] != other_imu["imu"]).any()


def test_a_stopped_pretraining_is_not_judged(
    benchmarks: tuple[ModuleType, ModuleType, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from xperience.pretrain import run

    main = benchmarks[0]
    monkeypatch.setattr(run, "pretrain", lambda config, folders, out: SimpleNamespace(code=75))
    with pytest.raises(XperienceError, match="75"):
        main.pretrained(main.config(0, 2), tmp_path, tmp_path / "run")
    monkeypatch.setattr(run, "pretrain", lambda config, folders, out: SimpleNamespace(code=0))
    main.pretrained(main.config(0, 2), tmp_path, tmp_path / "run")


def test_pairs_need_both_streams() -> None:
    from xperience.model.config import ModelConfig, StreamShape
    from xperience.pretrain import objectives

    with pytest.raises(UsageError, match="body"):
        objectives.build(["pairs"], ModelConfig(streams={"imu": StreamShape(220, (6,), 0.005)}), {})


def test_what_pretraining_adds_is_paired_with_weights_never_trained(
    benchmarks: tuple[ModuleType, ModuleType, ModuleType], tmp_path: Path
) -> None:
    """Four trials of ten are recognised with trained weights only, whatever the others do: the interval is of that alone."""
    import json

    paired = import_module("real_paired")
    hard = np.arange(40) < 16
    right = {
        ("frozen", "imu"): [np.arange(40) % 10 < 8] * 2,
        ("drawn", "imu"): [np.arange(40) % 10 < 4] * 2,
        ("frozen", "skeleton"): [hard, ~hard],
        ("drawn", "skeleton"): [hard, ~hard],
    }
    found = paired.added(right)
    assert found["imu"]["difference"] == pytest.approx(0.4)
    assert 0.2 < found["imu"]["low"] < 0.3 < 0.5 < found["imu"]["high"] < 0.6
    assert found["skeleton"] == {"difference": 0.0, "low": 0.0, "high": 0.0}, (
        "the same trials told: nothing is in doubt"
    )

    names = [f"t{k}" for k in range(40)]
    mine, turned = (
        paired.by_trial(right, names),
        paired.by_trial({k: [r[::-1] for r in v] for k, v in right.items()}, names[::-1]),
    )
    (tmp_path / "other.json").write_text(json.dumps({"utd": {"trials": turned}}))
    assert set(paired.against(tmp_path / "other.json", mine)) == {
        "frozen imu",
        "drawn imu",
        "frozen skeleton",
        "drawn skeleton",
    }
    assert all(
        row == {"difference": 0.0, "low": 0.0, "high": 0.0}
        for row in paired.against(tmp_path / "other.json", mine).values()
    )
    with pytest.raises(UsageError, match="other trials"):
        paired.against(tmp_path / "other.json", mine | {"names": ["x", *names[1:]]})
    with pytest.raises(UsageError, match="not the numbers"):
        paired.against(tmp_path / "none.json", mine)
