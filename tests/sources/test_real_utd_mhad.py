"""The whole of UTD-MHAD that is at hand: every trial imports, and the published baselines come out of the episodes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xperience.episode import Episode
from xperience.sources.importing import import_recordings
from xperience.sources.utd_mhad import SOURCE


@pytest.fixture(scope="module")
def episodes(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("utd")
    outcome = import_recordings(SOURCE, real / "utd_mhad", out, show=False)
    assert not outcome.set_aside
    assert len(outcome.made) == len(list((real / "utd_mhad" / "Inertial").glob("*.mat")))
    return out


@pytest.fixture(scope="module")
def benchmarks() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The two scripts, imported."""
    folder = str(Path(__file__).resolve().parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    yield importlib.import_module("utd_mhad"), importlib.import_module("utd_mhad_clocks")
    sys.path.remove(folder)


@pytest.fixture(scope="module")
def tasks(benchmarks: tuple[ModuleType, ModuleType]) -> ModuleType:
    return benchmarks[0]


@pytest.fixture(scope="module")
def clocks(benchmarks: tuple[ModuleType, ModuleType]) -> ModuleType:
    return benchmarks[1]


@pytest.fixture(scope="module")
def trials(episodes: Path, tasks: ModuleType) -> list:
    return tasks.read_all(episodes, show=False)


def test_depth_lies_at_the_skeleton(episodes: Path) -> None:
    with Episode.open(episodes / "utd_mhad_s1" / "a06_t1") as e:
        depth, _ = e.depth.frames(20, 21)
        person = depth[0][depth[0] > 0]
        assert 2.0 < np.median(person) < 3.5
        assert abs(np.median(e.body.values[20, 0, 0]) - np.median(person)) < 0.3  # away from the sensor


def test_gravity_at_rest(trials: list) -> None:
    """Near 9.8 m/s2 over the dataset: its two sensors read 3 % high, and single trials up to 6 % off."""
    norms = []
    for trial in trials:
        rest = np.linalg.norm(trial.imu[:, 3:], axis=1) < 0.2
        if rest.sum() > 10:
            norms.append(np.median(np.linalg.norm(trial.imu[rest, :3], axis=1)))
    assert len(norms) > 100
    assert np.median(norms) == pytest.approx(9.8, abs=0.5)


def test_published_baselines(trials: list, tasks: ModuleType) -> None:
    """0.862 and 0.857 are those of the original files; three forests each, std 0.006 and 0.008."""
    keep = tasks.recognition([t for t in trials if t.subject <= 6], 1, False)
    assert keep["imu"]["train"] == keep["imu"]["test"] == 323
    assert keep["imu"]["accuracy"] == pytest.approx(0.862, abs=0.02)
    assert keep["skeleton"]["accuracy"] == pytest.approx(0.857, abs=0.025)
    assert keep["both"]["accuracy"] == pytest.approx(0.929, abs=0.025)


def test_clocks_agree_only_as_imported(trials: list, clocks: ModuleType) -> None:
    ideas = clocks.clocks(trials[::4])
    ours = next(iter(ideas.values()))
    assert ours["correlation_median"] > 0.78
    assert abs(ours["lag_median_s"]) < 0.02
    assert ours["measured"] > 0.8 * ours["trials"]
    for stated in ("stated rates, common start", "stated rates, common end"):
        assert ideas[stated]["correlation_median"] < 0.3


def test_imu_rate_by_gravity(trials: list, clocks: ModuleType) -> None:
    for row in clocks.imu_rate(trials).values():
        assert row["median"] == pytest.approx(1.0, abs=0.08)


def test_retrieval_beats_chance_and_length(trials: list, tasks: ModuleType) -> None:
    found = tasks.retrieval(trials)
    assert found["canonical correlation"]["mrr"] > 3 * found["file length only"]["mrr"] > 3 * found["chance"]["mrr"]


def test_scatter_of_the_lags_is_real(trials: list, clocks: ModuleType) -> None:
    found = clocks.second_opinion(trials[::3])
    assert found["correlation"] > 0.4
    assert 0.5 < found["difference_over_its_std"] < 1.5
